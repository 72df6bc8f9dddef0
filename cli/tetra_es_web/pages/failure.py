"""What a person sees where there is no such page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_web.links import address
from tetra_es_web.pages.rendering import render, render_alone

if TYPE_CHECKING:
    from tetra_es.errors import TetraEsError
    from tetra_es_web.links import Address
    from tetra_es_web.pages.view import View


def failure(view: View, error: TetraEsError, here: Address | None = None) -> str:
    """Return a page that says what is wrong and what would be right."""
    return render(
        "failure.html",
        view,
        title="Not here",
        here=here or address("overview"),
        message=error.message,
        hint=error.hint,
    )


def failure_alone(error: TetraEsError) -> str:
    """Return the same where the organization cannot be looked at."""
    return render_alone("alone.html", message=error.message, hint=error.hint)
