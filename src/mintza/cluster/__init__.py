"""THE STUDY ON A CLUSTER: what is missing becomes jobs of Slurm, named by what they make; there is no driver to lose."""
