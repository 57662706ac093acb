"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.departments import api, pages, schema
from chat.web.feature import Feature, Menu

feature = Feature(
    "departments",
    Path(__file__).parent,
    tables=(schema.department,),
    rest=api.routes(),
    pages=pages.routes(),
    menu=(Menu("account", 4, "/admin/departments", "page.departments"),),
    audited=("department.changed",),
)
