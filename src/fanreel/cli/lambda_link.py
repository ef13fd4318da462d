"""Links to finished videos: what whoever shares one should know."""

from typing import TYPE_CHECKING

from fanreel.cli.lambda_target import Target
from fanreel.cli.report import duration_in_words

if TYPE_CHECKING:
    from fanreel.aws import RenderClient


def tell_session_end(target: Target, client: "RenderClient", expires_s: int) -> None:
    """Warn where the session that signs a link ends before the link is meant to."""
    from fanreel.aws.storage.credentials import session_left  # noqa: PLC0415

    left = session_left(client.connection.session)
    if left is not None and left.total_seconds() < expires_s:
        known = f"in {duration_in_words(left.total_seconds())}" if left else "sooner than that"
        target.say(
            f"warning: signed by a temporary session, the link ends with it {known}; sign with "
            "lasting keys for a longer life"
        )
