"""
What differs from what it should be, worked out before anything is written.

`stack init`, `stack domain`, `stack dkim` and `stack cert` make a plan, which reads and
computes only; then they show it, or carry it out. So a mistake anywhere leaves
everything as it was.
"""

from stack.apply.plan.cert import certificates, certs_started, is_start_asked
from stack.apply.plan.dkim import (
    dkim_begun,
    dkim_destroyed,
    dkim_forgotten,
    dkim_switched,
)
from stack.apply.plan.domain import domains_added, domains_removed
from stack.apply.plan.init import env, initial

__all__ = [
    "certificates",
    "certs_started",
    "dkim_begun",
    "dkim_destroyed",
    "dkim_forgotten",
    "dkim_switched",
    "domains_added",
    "domains_removed",
    "env",
    "initial",
    "is_start_asked",
]
