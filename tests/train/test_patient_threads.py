"""Threads of torch wait in a short loop, unless somebody has said how they wait."""

from mintza.patient_threads import TURNS, wait_patiently


def test_the_environment_says_how_threads_wait_before_torch_is_loaded() -> None:
    environment = {"PATH": "/bin"}
    wait_patiently(environment)
    assert environment == {"PATH": "/bin", "GOMP_SPINCOUNT": TURNS}


def test_what_somebody_has_said_stays() -> None:
    for said in ({"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "0"}):
        environment = dict(said)
        wait_patiently(environment)
        assert environment == said
