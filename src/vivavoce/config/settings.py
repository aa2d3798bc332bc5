"""Every setting, and what follows from several of them."""

import os
from email.headerregistry import Address

from pydantic import ConfigDict, PrivateAttr

from vivavoce.config.auth import Auth
from vivavoce.config.client import Client
from vivavoce.config.deliver import Deliver
from vivavoce.config.engines import Engines
from vivavoce.config.insight import Insight
from vivavoce.config.keeping import Keeping
from vivavoce.config.kinds import mailbox
from vivavoce.config.limits import Limits
from vivavoce.config.live import Live
from vivavoce.config.seen import Seen
from vivavoce.config.serving import Serving
from vivavoce.config.stores import Stores
from vivavoce.config.wyoming import Wyoming
from vivavoce.core.types import SAMPLE_RATE


# The last one's fields are the first.
class Settings(
    Client, Deliver, Insight, Seen, Wyoming, Engines, Limits, Live, Keeping, Stores, Auth, Serving
):
    """What a process runs with; build it with `load_settings`. It never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def engine(self) -> str:
        """The preferred one."""
        return self.engines[0]

    @property
    def smtp_sender(self) -> Address | None:
        """Whom e-mail is from; None where nobody is named."""
        return mailbox(self.smtp_from or self.smtp_user or "")

    @property
    def host_threads(self) -> int:
        """Of each host process, where its engine uses several: its share of the cores."""
        cores = os.cpu_count() or 1
        hosts = self.hosts or max(1, cores // self.workers)
        return max(1, cores // (hosts * self.workers))

    def cost(self, engine: str, samples: int) -> float | None:
        """What so much audio costs there now; None where no price is set."""
        price = (self.prices or {}).get(engine)
        return None if price is None else price * samples / (3600 * SAMPLE_RATE)
