"""Letters: the link by which a password is set anew."""

from __future__ import annotations

import asyncio
import logging
import os
import smtplib
import ssl
from email.message import EmailMessage

from mintza.arena.settings import Mail
from mintza.arena.words import words

log = logging.getLogger("mintza.arena")
TIMEOUT_S = 20.0


async def send_reset(mail: Mail, to: str, title: str, link: str, interface: str) -> None:
    """Send the link, off the event loop. A letter that cannot be sent is logged, without its address."""
    _ = words(interface)
    letter = EmailMessage()
    letter["From"], letter["To"] = mail.sender, to
    subject = _("A new password")
    letter["Subject"] = " ".join(f"{title}: {subject}".split())
    lines = (
        _("Somebody, you we hope, has asked for a new password."),
        _("This link sets it, once, within an hour:"),
        link,
        _("If it was not you, there is nothing to do."),
    )
    letter.set_content("\n\n".join(lines) + "\n")
    try:
        await asyncio.to_thread(_send, mail, letter)
    except (OSError, smtplib.SMTPException) as error:
        # Not the whole error: it may hold the address.
        log.error("a letter could not be sent: %s", type(error).__name__)  # noqa: TRY400


def _send(mail: Mail, letter: EmailMessage) -> None:
    with smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S) as server:
        if mail.starttls:
            server.starttls(context=ssl.create_default_context())
        if mail.user is not None:
            server.login(mail.user, os.environ.get(mail.password_env or "", ""))
        server.send_message(letter)
