"""A public site from the first stroke to the gallery, as a visitor, a moderator and a reader use it."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from playwright.sync_api import BrowserContext, Page, expect

from e2e.editor_page import EditorPage
from e2e.gallery_pages import GalleryPage, ModerationPage, ShareSheet, address_of, entry_in
from e2e.micrographs import superalloy
from e2e.person import PASSWORD, public_site
from e2e.pictures import photograph
from e2e.server_process import ServerProcess
from e2e.test_accessibility import NAMELESS

OpenContext = Callable[..., BrowserContext]

ALLOY, COATING = "Precipitates in a nickel superalloy", "Pores in a barrier coating"
ISLANDS = [[(215, 110), (235, 165)], [(140, 255), (165, 290)]]
MATRIX = [[(104, 160), (150, 160)], [(420, 280), (480, 296)]]
LAYER = [[(740, 310), (800, 400)], [(280, 290), (380, 290)]]
SUBSTRATE = [[(200, 960), (900, 965)], [(600, 800), (660, 805)]]


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[ServerProcess]:
    """Return a site on which nobody has shared anything."""
    with public_site(tmp_path) as server:
        yield server


def test_two_micrographs_of_a_visitor_come_into_the_gallery_and_are_used(
    empty_site: ServerProcess, new_context: OpenContext, tmp_path: Path
) -> None:
    visitor = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    visitor.goto(empty_site.address)
    links = {ALLOY: share_alloy(visitor, tmp_path), COATING: share_coating(visitor, empty_site)}

    moderator = new_context().new_page()
    moderator.goto(empty_site.address)
    expect_nothing_public(moderator)
    sign_in(moderator)
    moderate_first(moderator)
    answer_what_was_asked(visitor, links[ALLOY])
    moderate_again(moderator)
    visitor.goto(links[ALLOY])
    expect(visitor.get_by_role("status")).to_have_text("In the gallery")

    reader = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    reader.goto(empty_site.address)
    look_for_entries(reader)
    entry_id = look_at_entry(reader, tmp_path)
    open_in_the_editor(reader, visitor, links[ALLOY])
    use_classifier(reader, entry_id)
    make_a_new_version(visitor, moderator, reader, entry_id)


def share_alloy(page: Page, folder: Path) -> str:
    """Label and train the superalloy, write everything down, reload in between, submit; return the link."""
    path = folder / "alloy.tif"
    tifffile.imwrite(path, superalloy()[0], resolution=(500_000, 500_000), resolutionunit="CENTIMETER")
    editor = EditorPage(page)
    editor.open_file(path)
    label_and_train(editor, "Precipitates", ISLANDS, "Matrix", MATRIX)
    sheet = ShareSheet(page)
    sheet.begin()
    assert page.evaluate(NAMELESS) == []
    expect(sheet.sheet.get_by_role("textbox", name="Pixel width")).to_have_value("20")
    sheet.write(
        title=ALLOY,
        keywords="aged, nickel",
        notes="Aged at 800 °C for 24 h.",
        material="Superalloy",
        composition="Ni-20Cr-5Al (wt%)",
        phases="gamma, gamma prime",
        instrument="SEM",
        mode="BSE",
        voltage_kv="15",
        sample="A-17",
        preparation="Polished and etched.",
        doi="10.1038/s41524-022-00878-5",
    )
    sheet.add_person(name="Ada Grain", orcid="0000-0002-1825-0097", affiliation="Example Institute")
    sheet.wait_kept()
    photograph(page, "share-write", publish_as="manual/images/gallery-share.webp", part=sheet.sheet)

    page.reload()
    editor.wait_until_open()
    sheet.open()
    expect(sheet.field("title")).to_have_value(ALLOY)
    expect(sheet.field("keywords")).to_have_value("aged, nickel")
    expect(sheet.sheet.get_by_label("ORCID iD, if any")).to_have_value("0000-0002-1825-0097")
    preview = sheet.preview()
    expect(sheet.sheet.get_by_role("alert")).to_contain_text("licence")
    expect(sheet.sheet.get_by_role("button", name="Share", exact=True)).to_be_disabled()
    sheet.sheet.get_by_role("button", name="Back").click()
    sheet.choose_licence("CC-BY-4.0")
    sheet.give_score(8)
    preview = sheet.preview()
    for words in (ALLOY, "Ni-20Cr-5Al (wt%)", "SEM, BSE, 15 kV", "20 nm/px", "A-17", "8 of 10", "alloy.tif"):
        expect(preview).to_contain_text(words)
    photograph(page, "share-preview", publish_as="manual/images/gallery-preview.webp", part=sheet.sheet)
    return sheet.submit()


def share_coating(page: Page, site: ServerProcess) -> str:
    """Label and train the coating and submit it with little written; return the link."""
    page.goto(site.address)
    editor = EditorPage(page)
    editor.open_sample("Barrier coating")
    label_and_train(editor, "Coating", LAYER, "Substrate", SUBSTRATE)
    sheet = ShareSheet(page)
    sheet.begin()
    sheet.write(title=COATING, material="Environmental barrier coating", instrument="SEM", sample="B-2")
    sheet.add_person(name="Bo Lath")
    sheet.choose_licence("CC0-1.0")
    sheet.give_score(4)
    sheet.wait_kept()
    sheet.preview()
    return sheet.submit()


def label_and_train(
    editor: EditorPage,
    first: str,
    strokes: list[list[tuple[int, int]]],
    second: str,
    more_strokes: list[list[tuple[int, int]]],
) -> None:
    """Draw for two classes, name them and train."""
    for stroke in strokes:
        editor.drag(stroke)
    editor.page.keyboard.press("2")
    for stroke in more_strokes:
        editor.drag(stroke)
    editor.rename_class("Class 1", first)
    editor.rename_class("Class 2", second)
    editor.train()


def expect_nothing_public(page: Page) -> None:
    """Look into the gallery as somebody else, before anything was accepted."""
    page.get_by_role("link", name="Gallery").click()
    expect(page.get_by_text("Nothing has been shared here yet")).to_be_visible()
    expect(page.get_by_role("link", name="Moderation")).to_have_count(0)


def sign_in(page: Page) -> None:
    """Sign in as the moderator and go to the queue."""
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_label("Login").fill("mo")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Account of Mo Lens")).to_be_visible()
    page.get_by_role("link", name="Gallery").click()
    page.get_by_role("link", name="Moderation").click()


def moderate_first(page: Page) -> None:
    """Ask for changes on the one and accept the other."""
    queue = ModerationPage(page)
    expect(page.get_by_role("status")).to_have_text("2 entries wait, the oldest first.")
    item = queue.item(ALLOY)
    expect(item).to_contain_text("A new entry")
    expect(item.get_by_role("button", name="Ask for changes")).to_be_disabled()
    assert page.evaluate(NAMELESS) == []
    photograph(page, "moderation", publish_as="manual/images/gallery-moderation.webp")
    queue.decide(ALLOY, "Ask for changes", "Please say which furnace.")
    queue.decide(COATING, "Accept")
    expect(page.get_by_role("status")).to_have_text("Nothing waits.")
    expect(page.get_by_role("region", name="What was done")).to_contain_text("Changes asked for by Mo Lens")


def answer_what_was_asked(page: Page, link: str) -> None:
    """Follow the link as the submitter, and do what the moderator asks for."""
    page.goto(link)
    expect(page.get_by_role("status")).to_have_text("Changes are asked for")
    expect(page.get_by_role("main")).to_contain_text("Please say which furnace.")
    page.get_by_role("link", name="Go to my entries").click()
    entry = page.get_by_role("listitem").filter(has_text=ALLOY)
    entry.get_by_role("button", name="Go on writing").click()
    sheet = ShareSheet(page)
    expect(sheet.sheet.get_by_role("status")).to_contain_text("Please say which furnace.")
    sheet.write(notes="Aged at 800 °C for 24 h in a tube furnace.")
    sheet.wait_kept()
    sheet.preview()
    sheet.submit()


def moderate_again(page: Page) -> None:
    """Accept what was changed."""
    page.reload()
    item = ModerationPage(page).item(ALLOY)
    expect(item).to_contain_text("in a tube furnace")
    ModerationPage(page).decide(ALLOY, "Accept")


def look_for_entries(page: Page) -> None:
    """Find the two as one types and by filters; fade between images and segmentations."""
    page.get_by_role("link", name="Gallery").click()
    gallery = GalleryPage(page)
    gallery.expect_titles(ALLOY, COATING)
    assert page.evaluate(NAMELESS) == []
    photograph(page, "gallery", publish_as="manual/images/gallery-search.webp")
    gallery.search.press_sequentially("coa")
    gallery.expect_titles(COATING)
    assert page.url.endswith("/gallery?q=coa")
    gallery.search.fill("gamma pri")
    gallery.expect_titles(ALLOY)
    gallery.search.fill("nothing like this")
    expect(page.get_by_text("Nothing was found")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    gallery.expect_titles(ALLOY, COATING)

    filters = page.get_by_role("complementary", name="Filters")
    filters.get_by_role("checkbox", name=re.compile("^CC0-1.0")).check(force=True)
    gallery.expect_titles(COATING)
    page.reload()
    gallery.expect_titles(COATING)
    filters.get_by_role("button", name="Take all filters away").click()
    filters.get_by_label("Largest pixel size").fill("25")
    gallery.expect_titles(ALLOY)
    filters.get_by_label("Largest pixel size").fill("")
    filters.get_by_label("Least score, 0 to 10").fill("5")
    gallery.expect_titles(ALLOY)
    filters.get_by_role("button", name="Take all filters away").click()
    page.get_by_role("combobox", name="Sort by").click()
    page.get_by_role("option", name="Title").click()
    gallery.expect_titles(COATING, ALLOY)

    over = gallery.found.first.get_by_role("presentation").last
    expect(over).to_have_css("opacity", "0")
    page.get_by_role("switch", name="Segmentations").set_checked(True, force=True)
    expect(over).to_have_css("opacity", "1")
    page.reload()
    expect(over).to_have_css("opacity", "1")
    page.get_by_role("switch", name="Segmentations").set_checked(False, force=True)


def look_at_entry(page: Page, folder: Path) -> str:
    """Open the page of an entry and use all of it; return the entry's id."""
    gallery = GalleryPage(page)
    entry_id = gallery.open_card(ALLOY)
    assert page.evaluate(NAMELESS) == []
    for name, words in {
        "Size": "512 × 512 px",
        "Material": "Superalloy, Ni-20Cr-5Al (wt%)",
        "Instrument": "SEM, BSE, 15 kV",
        "Pixel size": "20 nm/px",
        "Notes": "Aged at 800 °C for 24 h in a tube furnace.",
    }.items():
        expect(gallery.fact(name)).to_have_text(words)
    shares = [float(text.rstrip(" %")) for text in page.get_by_role("cell").all_inner_texts()[::2]]
    assert abs(sum(shares) - 100) < 0.2

    half = gallery.picture()
    opacity = page.get_by_role("slider", name="Opacity of the segmentation in percent")
    opacity.press("Home")
    bare = gallery.picture()
    opacity.press("End")
    assert len({half, bare, gallery.picture()}) == 3
    shown = page.get_by_role("radiogroup", name="Shown over the image")
    shown.get_by_text("Labels").click()
    labels = gallery.picture()
    page.get_by_role("button", name="Zoom in").click()
    assert gallery.picture() != labels
    page.get_by_role("button", name="Show all of it").click()
    page.reload()
    gallery.picture()
    photograph(page, "gallery-entry", publish_as="manual/images/gallery-entry.webp")

    citation = page.get_by_role("region", name="How to cite this version")
    citation.get_by_text("BibTeX").click()
    citation.get_by_role("button", name="Copy").click()
    expect(citation.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@misc{")
    assert "Grain, Ada" in copied
    assert f"/gallery/{entry_id}/v/1" in copied

    single = page.get_by_role("list", name="Single files").get_by_role("link")
    expect(single).to_have_text(["Image as it was shared", "Image as PNG", "Segmentation", "Labels", "Classifier"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Everything, as a zip").click()
    check_zip(download.value.path(), folder / "alloy.tif")
    return entry_id


def check_zip(path: Path, image: Path) -> None:
    """Compare what a zip holds with what was shared."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert (tifffile.imread(io.BytesIO(archive.read("alloy.tif"))) == tifffile.imread(image)).all()
        readme = archive.read("README.txt").decode()
        told = json.loads(archive.read("metadata.json"))
        assert told["metadata"]["title"] == ALLOY
        for file in told["files"]:
            digest = hashlib.sha256(archive.read(file["file_name"])).hexdigest()
            assert digest == file["sha256"]
            assert digest in readme
        names = {file["kind"]: file["file_name"] for file in told["files"]}
        labels_yx, classes_yx = (
            tifffile.imread(io.BytesIO(archive.read(names[kind]))) for kind in ("labels", "segmentation")
        )
    assert set(np.unique(labels_yx)) == {0, 1, 2}
    assert set(np.unique(classes_yx)) == {1, 2}
    inside_yx = superalloy()[1]
    assert ((classes_yx == 1) == inside_yx).mean() > 0.8


def open_in_the_editor(page: Page, submitter: Page, link: str) -> None:
    """Make a private copy, with the same labels and pixels; what is done there stays there."""
    page.get_by_role("button", name="Open in the editor").click()
    editor = EditorPage(page)
    editor.wait_until_open()
    project = page.url.rsplit("/", 1)[1]
    copied_yx = editor.stored_labels()
    image = page.request.get(address_of(page, f"/api/projects/{project}/image/0/0/0"))
    assert image.ok
    tile_yx = np.frombuffer(image.body(), np.uint8).reshape(256, 256)
    assert (tile_yx == superalloy()[0][:256, :256]).all()
    expect(editor.class_button("Precipitates")).to_be_visible()
    entry_id = requested_entry(submitter, link)
    shared = submitter.request.get(address_of(submitter, f"/api/gallery/entries/{entry_id}/files/labels"))
    assert (tifffile.imread(io.BytesIO(shared.body())) == copied_yx).all()
    assert submitter.request.get(address_of(submitter, f"/api/projects/{project}")).status == 404

    editor.drag([(30, 400), (60, 400)])
    assert (editor.stored_labels() != copied_yx).any()
    shared = submitter.request.get(address_of(submitter, f"/api/gallery/entries/{entry_id}/files/labels"))
    assert (tifffile.imread(io.BytesIO(shared.body())) == copied_yx).all()


def requested_entry(page: Page, link: str) -> str:
    """Return the entry that a link to follow shows."""
    page.goto(link)
    show = page.get_by_role("link", name="Show it in the gallery")
    expect(show).to_be_visible()
    return entry_in(str(show.get_attribute("href")))


def use_classifier(page: Page, entry_id: str) -> None:
    """Put the classifier of an entry into a project of one's own and segment with it."""
    page.goto(address_of(page, "/"))
    EditorPage(page).open_sample("Nickel superalloy")
    page.goto(address_of(page, f"/gallery/{entry_id}"))
    page.get_by_role("button", name="Use this classifier").click()
    page.get_by_role("menuitem", name="Nickel superalloy", exact=True).click()
    editor = EditorPage(page)
    editor.wait_until_open()
    expect(editor.class_button("Precipitates")).to_be_visible()


def make_a_new_version(submitter: Page, moderator: Page, reader: Page, entry_id: str) -> None:
    """Change an entry; the version before stays where those who cited it look for it."""
    submitter.goto(address_of(submitter, "/gallery/mine"))
    entry = submitter.get_by_role("listitem").filter(has_text=ALLOY)
    entry.get_by_role("button", name="New version").click()
    sheet = ShareSheet(submitter)
    expect(sheet.field("title")).to_have_value(ALLOY)
    sheet.write(title="Aged superalloy")
    sheet.wait_kept()
    sheet.preview()
    sheet.submit()
    reader.goto(address_of(reader, f"/gallery/{entry_id}"))
    expect(reader.get_by_role("heading", name=ALLOY, level=1)).to_be_visible()

    moderator.reload()
    expect(ModerationPage(moderator).item("Aged superalloy")).to_contain_text("Differs from version 1 in: title")
    ModerationPage(moderator).decide("Aged superalloy", "Accept")
    reader.reload()
    expect(reader.get_by_role("heading", name="Aged superalloy", level=1)).to_be_visible()
    reader.get_by_role("combobox", name="Version").click()
    reader.get_by_role("option", name=re.compile("^Version 1")).click()
    expect(reader.get_by_role("heading", name=ALLOY, level=1)).to_be_visible()
    assert reader.url.endswith(f"/gallery/{entry_id}/v/1")
    expect(reader.get_by_role("region", name="How to cite this version")).to_contain_text(f"{entry_id}/v/1")
