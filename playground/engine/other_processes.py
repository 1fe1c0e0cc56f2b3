"""What a server's engines have in other processes: the replicas of a fleet, and what they keep.

Knows nothing of them. A server of one process uses this class as it is, and a fleet defines what the methods do.
"""

from typing import Any


class OtherProcesses:
    """The other processes of a server, of which there are none."""

    def replicas(self) -> list[dict[str, Any]]:
        """Returns what each of them was last doing."""
        return []

    async def find(self, trace_id: str) -> bool:
        """Brings a text to the store that another process keeps. Returns whether there is one."""
        return False

    def close(self) -> None:
        """Leaves them."""
