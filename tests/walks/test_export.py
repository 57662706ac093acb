"""The export in real browsers: what a visitor and an agent take away is whole, opens, and is about nobody else."""

import io
import json
import zipfile
from pathlib import Path

from playwright.sync_api import Download, Page, StorageState, expect

from tests.demo import Demo
from tests.walks.conftest import OpenPage
from tests.walks.shop import Enter
from tests.walks.test_inbox import DESKTOP, agreed, row

MINE, THEIRS = "Zyxomma petiolatum", "Quokka brachyurus"


def opened(taken: Download) -> dict[str, bytes]:
    """The files of what was downloaded, by name."""
    assert taken.suggested_filename.startswith("export-")
    with zipfile.ZipFile(io.BytesIO(Path(taken.path()).read_bytes())) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def about_me_alone(inside: dict[str, bytes]) -> None:
    """What was written is there, in both forms; nothing of the one beside is anywhere."""
    assert {"export.json", "index.html"} <= set(inside)
    for name in ("export.json", "index.html"):
        assert MINE.encode() in inside[name], name
    everything = b"\n".join([*map(str.encode, inside), *inside.values()])
    assert not [word for word in (*THEIRS.split(), "quokka") if word.encode() in everything]


def shows_no_script(page: Page, inside: dict[str, bytes], folder: Path) -> None:
    """The page reads as it is, from a disk, and nothing on it runs."""
    path = folder / "index.html"
    path.write_bytes(inside["index.html"])
    page.goto(path.as_uri())
    expect(page.get_by_text(f"{MINE} <script>document.title='taken'</script>")).to_be_visible()
    assert page.title() != "taken"
    assert page.locator("script").count() == 0


def cut(page: Page) -> bool:
    """Whether a phone shows a part only of who met the data."""
    page.set_viewport_size({"width": 390, "height": 844})
    return bool(page.locator("#access .wide").evaluate("one => one.scrollWidth > one.clientWidth"))


def test_a_visitor_takes_everything_away_and_nothing_of_others(enter: Enter, tmp_path: Path) -> None:
    other = enter().open()
    other.frame.get_by_label("Name").fill(THEIRS)
    other.agree().write(f"{THEIRS} was here")
    other.sees(f"{THEIRS} was here")
    guest = enter(accept_downloads=True).open().agree()
    guest.write(f"{MINE} <script>document.title='taken'</script>")
    guest.sees(f"{MINE} <script>document.title='taken'</script>")
    guest.choose("Export my data")
    guest.frame.get_by_role("button", name="Make my archive").click()
    save = guest.frame.get_by_role("button", name="Download (")
    expect(save).to_be_visible(timeout=30_000)
    with guest.page.expect_download() as taken:
        save.click()
    inside = opened(taken.value)
    about_me_alone(inside)
    shows_no_script(guest.context.new_page(), inside, tmp_path)
    guest.frame.get_by_role("button", name="Back").click()
    guest.choose("Export my data")
    expect(save).to_be_visible()


def test_an_agent_hands_over_what_is_held_of_a_contact(
    open_page: OpenPage, demo: Demo, owner: StorageState, tmp_path: Path
) -> None:
    for words in (THEIRS, MINE):
        frame = agreed(open_page(demo.shop, locale="en-GB"))
        frame.locator("textarea").fill(f"{words} was here")
        frame.locator("textarea").press("Enter")
        expect(frame.locator("message-line .bubble")).to_have_text(f"{words} was here")
    inbox = open_page(f"{demo.server}/inbox/open", storage_state=owner, accept_downloads=True, **DESKTOP)
    row(inbox, MINE).click()
    with inbox.expect_download(timeout=30_000) as taken:
        inbox.get_by_role("button", name="Export", exact=True).click()
    inside = opened(taken.value)
    about_me_alone(inside)
    assert json.loads(inside["export.json"])["format"] == "lethe-export"
    (tmp_path / "index.html").write_bytes(inside["index.html"])
    page = open_page((tmp_path / "index.html").as_uri(), **DESKTOP)
    assert not cut(page)
    page.locator("#access .is-narrow").evaluate("one => one.classList.remove('is-narrow')")
    assert cut(page), "without that it would be"
    inbox.goto(f"{demo.server}/admin/exports")
    expect(inbox.locator("export-rows tbody tr").first).to_contain_text("Ready")
    with inbox.expect_download() as again:
        inbox.get_by_role("link", name="Download").first.click()
    about_me_alone(opened(again.value))
    inbox.get_by_role("button", name="Delete").first.click()
    expect(inbox.locator("export-rows")).to_have_count(0)
