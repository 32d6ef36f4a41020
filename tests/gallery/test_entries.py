"""Drafts, versions, moderation: who may do what in which state, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from gallery.samples import ADA, BOB, MODERATOR, metadata_of
from sambaseg.errors import EntryStateError, EntryWithdrawnError, MetadataError, NotFoundError, ParameterError
from sambaseg.gallery.content import PARTS
from sambaseg.gallery.entries import Gallery
from sambaseg.gallery.metadata import EntryMetadata
from sambaseg.gallery.search import Query, open_search
from sambaseg.gallery.tombstone import read_tombstone
from sambaseg.storage.owner import LOCAL_OWNER, Owner

UNKNOWN = "0" * 32


def found(gallery: Gallery) -> list[tuple[str, int]]:
    return [(card.id, card.number) for card in open_search(gallery.database).find(Query()).cards]


def test_an_entry_goes_through_the_queue_into_the_gallery(gallery, sharing, moderation):
    draft = gallery.create_draft(ADA, sharing.snapshot())
    assert (draft.state, draft.number, draft.parts) == ("draft", 1, PARTS)
    submitted = gallery.submit(draft.id, ADA, consent=True)
    assert submitted.entry.state == "waiting"
    assert found(gallery) == []
    with pytest.raises(NotFoundError):
        gallery.get(draft.id)
    (waiting,) = moderation.queue()
    assert (waiting.entry.id, waiting.submitter, waiting.public, waiting.changed_fields) == (
        draft.id,
        "a visitor",
        None,
        (),
    )
    assert moderation.count_waiting() == 1
    moderation.accept(draft.id, 1, MODERATOR)
    entry = gallery.get(draft.id)
    assert (entry.state, entry.number, entry.metadata) == ("accepted", 1, metadata_of())
    assert entry.published is not None
    assert found(gallery) == [(draft.id, 1)]
    assert moderation.queue() == []
    followed = gallery.follow(submitted.follow_token)
    assert [(step.action, step.state_after, step.actor) for step in followed.steps] == [
        ("submit", "waiting", "a visitor"),
        ("accept", "accepted", "Mo"),
    ]


def test_without_moderators_it_is_public_at_once(gallery, sharing):
    gallery.moderated = False
    draft = gallery.create_draft(LOCAL_OWNER, sharing.snapshot())
    assert gallery.submit(draft.id, LOCAL_OWNER, consent=True).entry.state == "accepted"
    assert found(gallery) == [(draft.id, 1)]


def test_the_preview_is_exactly_what_becomes_public(gallery, sharing, moderation):
    draft = gallery.create_draft(ADA, sharing.snapshot())
    preview = gallery.preview(draft.id, ADA)
    gallery.submit(draft.id, ADA, consent=True)
    moderation.accept(draft.id, 1, MODERATOR)
    public = gallery.get(draft.id)
    for name in ("id", "number", "metadata", "measured", "files", "owner", "source_project_id", "source_image"):
        assert getattr(public, name) == getattr(preview, name)
    assert public.owner == Owner()
    assert public.source_project_id is None


def test_nothing_is_shared_without_consent_or_with_gaps(gallery, sharing):
    draft = gallery.create_draft(ADA, sharing.snapshot())
    with pytest.raises(ParameterError, match="consent"):
        gallery.submit(draft.id, ADA, consent=False)
    gallery.update_draft(draft.id, ADA, metadata=metadata_of(licence=None))
    with pytest.raises(MetadataError, match="licence"):
        gallery.submit(draft.id, ADA, consent=True)
    assert gallery.draft(draft.id, ADA).state == "draft"
    assert gallery.steps(draft.id) == ()


def test_drafts_keep_what_is_written(gallery, sharing):
    draft = gallery.create_draft(ADA, sharing.snapshot())
    gallery.update_draft(draft.id, ADA, metadata=EntryMetadata(title="Half done"))
    kept = gallery.draft(draft.id, ADA)
    assert kept.metadata == EntryMetadata(title="Half done")
    assert kept.changed >= draft.changed
    assert [entry.id for entry in gallery.mine(ADA)] == [draft.id]
    assert gallery.mine(BOB) == []


def test_parts_can_be_left_out_and_come_back_with_a_new_snapshot(gallery, sharing):
    draft = gallery.create_draft(ADA, sharing.snapshot())
    smaller = gallery.update_draft(draft.id, ADA, parts=["image", "labels"])
    assert smaller.parts == ("image", "labels")
    assert smaller.thumbnails == ("image",)
    assert [entry.segmented for entry in smaller.measured.classes] == [None, None]
    assert [entry.labelled for entry in smaller.measured.classes] == [0.25, 0.25]
    with pytest.raises(ParameterError):
        gallery.update_draft(draft.id, ADA, parts=["classifier"])
    whole = gallery.update_draft(draft.id, ADA, snapshot=sharing.snapshot())
    assert whole.parts == PARTS
    assert whole.metadata == draft.metadata


def test_others_are_told_that_there_is_nothing(gallery, sharing):
    draft = gallery.create_draft(ADA, sharing.snapshot())
    for owner in (BOB, LOCAL_OWNER, Owner(person_id=ADA.visitor_id)):
        for refused in (
            lambda o=owner: gallery.draft(draft.id, o),
            lambda o=owner: gallery.latest(draft.id, o),
            lambda o=owner: gallery.preview(draft.id, o),
            lambda o=owner: gallery.update_draft(draft.id, o, parts=["image"]),
            lambda o=owner: gallery.submit(draft.id, o, consent=True),
            lambda o=owner: gallery.delete_draft(draft.id, o),
            lambda o=owner: gallery.withdraw(draft.id, o),
            lambda o=owner: gallery.new_version(draft.id, o),
        ):
            with pytest.raises(NotFoundError):
                refused()
    for unknown in (UNKNOWN, "", "../..", "A" * 32, "%"):
        with pytest.raises(NotFoundError):
            gallery.get(unknown)
        with pytest.raises(NotFoundError):
            gallery.draft(unknown, ADA)


def test_changes_wanted_go_back_to_the_submitter_by_the_same_link(gallery, sharing, moderation):
    draft = gallery.create_draft(ADA, sharing.snapshot())
    first = gallery.submit(draft.id, ADA, consent=True)
    with pytest.raises(ParameterError, match="why"):
        moderation.ask_for_changes(draft.id, 1, MODERATOR, "  ")
    moderation.ask_for_changes(draft.id, 1, MODERATOR, "Which steel?")
    followed = gallery.follow(first.follow_token)
    assert (followed.entry.state, followed.steps[-1].reason) == ("changes_wanted", "Which steel?")
    gallery.update_draft(draft.id, ADA, metadata=metadata_of(title="Steel 316L"))
    second = gallery.submit(draft.id, ADA, consent=True)
    assert second.follow_token == first.follow_token
    moderation.accept(draft.id, 1, MODERATOR)
    assert gallery.get(draft.id).metadata.title == "Steel 316L"
    with pytest.raises(NotFoundError):
        gallery.follow("f" * 64)


def test_what_is_rejected_stays_so_and_a_new_version_can_be_tried(gallery, sharing, moderation):
    entry_id = sharing.submit(ADA)
    moderation.reject(entry_id, 1, MODERATOR, "This is a cat.")
    for refused in (
        lambda: gallery.submit(entry_id, ADA, consent=True),
        lambda: gallery.update_draft(entry_id, ADA, parts=["image"]),
        lambda: moderation.accept(entry_id, 1, MODERATOR),
        lambda: gallery.withdraw(entry_id, ADA),
    ):
        with pytest.raises(EntryStateError):
            refused()
    assert gallery.new_version(entry_id, ADA).number == 2


def test_a_new_version_takes_the_place_and_the_old_one_can_be_cited(gallery, sharing, moderation):
    entry_id = sharing.submit(ADA)
    moderation.accept(entry_id, 1, MODERATOR)
    draft = gallery.new_version(entry_id, ADA)
    assert (draft.number, draft.state, draft.metadata, draft.files) == (
        2,
        "draft",
        metadata_of(),
        gallery.get(entry_id).files,
    )
    with pytest.raises(EntryStateError):
        gallery.new_version(entry_id, ADA)
    gallery.update_draft(entry_id, ADA, metadata=metadata_of(title="Better"), parts=["image"])
    gallery.submit(entry_id, ADA, consent=True)
    assert gallery.get(entry_id).metadata.title == "Etched nickel superalloy"
    with pytest.raises(NotFoundError):
        gallery.get(entry_id, 2)
    (waiting,) = moderation.queue()
    assert waiting.changed_fields == ("title", "files.classifier", "files.labels", "files.segmentation")
    moderation.accept(entry_id, 2, MODERATOR)
    assert gallery.get(entry_id).metadata.title == "Better"
    assert gallery.get(entry_id, 1).metadata.title == "Etched nickel superalloy"
    assert [version.number for version in gallery.get(entry_id, 1).versions] == [1, 2]
    assert found(gallery) == [(entry_id, 2)]


def test_deleting_a_draft_leaves_what_was_submitted(gallery, sharing, moderation):
    gone = gallery.create_draft(ADA, sharing.snapshot()).id
    gallery.delete_draft(gone, ADA)
    assert gallery.mine(ADA) == []
    entry_id = sharing.submit(ADA)
    moderation.accept(entry_id, 1, MODERATOR)
    with pytest.raises(EntryStateError):
        gallery.delete_draft(entry_id, ADA)
    gallery.new_version(entry_id, ADA)
    gallery.delete_draft(entry_id, ADA)
    assert gallery.latest(entry_id, ADA).number == 1
    assert gallery.new_version(entry_id, ADA).number == 2


def test_withdrawing_takes_it_out_of_the_queue_or_the_gallery(gallery, sharing, moderation):
    entry_id = sharing.submit(ADA)
    assert gallery.withdraw(entry_id, ADA).state == "draft"
    assert moderation.queue() == []
    with pytest.raises(EntryStateError):
        gallery.withdraw(entry_id, ADA)
    gallery.submit(entry_id, ADA, consent=True)
    moderation.accept(entry_id, 1, MODERATOR)
    assert gallery.withdraw(entry_id, ADA).state == "withdrawn"
    assert found(gallery) == []
    for version in (None, 1):
        with pytest.raises(EntryWithdrawnError) as caught:
            gallery.get(entry_id, version)
        assert caught.value.status == 410
    assert gallery.latest(entry_id, ADA).state == "withdrawn"
    gallery.new_version(entry_id, ADA)
    gallery.submit(entry_id, ADA, consent=True)
    moderation.accept(entry_id, 2, MODERATOR)
    assert found(gallery) == [(entry_id, 2)]


def test_a_moderator_can_take_an_entry_out(gallery, sharing, moderation):
    entry_id = sharing.submit(ADA)
    with pytest.raises(EntryStateError):
        moderation.take_out(entry_id, MODERATOR, "Not theirs.")
    moderation.accept(entry_id, 1, MODERATOR)
    moderation.take_out(entry_id, MODERATOR, "Not theirs.")
    with pytest.raises(EntryWithdrawnError):
        gallery.get(entry_id)
    assert gallery.steps(entry_id)[-1].reason == "Not theirs."
    stone = read_tombstone(gallery.database, entry_id)
    assert (stone.by, stone.reason, stone.entry.number) == ("moderator", "Not theirs.", 1)
    gallery.new_version(entry_id, ADA)
    gallery.submit(entry_id, ADA, consent=True)
    moderation.accept(entry_id, 2, MODERATOR)
    with pytest.raises(NotFoundError):
        read_tombstone(gallery.database, entry_id)
    gallery.withdraw(entry_id, ADA)
    assert [read_tombstone(gallery.database, entry_id, number).entry.number for number in (None, 1, 2)] == [2, 1, 2]
    assert read_tombstone(gallery.database, entry_id).by == "submitter"


def test_the_log_tells_who_did_what_when(gallery, sharing, moderation):
    ids = [sharing.submit(ADA, title=f"Number {number}") for number in range(3)]
    moderation.accept(ids[0], 1, MODERATOR)
    moderation.reject(ids[1], 1, MODERATOR, "No.")
    log = moderation.log(limit=3)
    assert [(step.entry_id, step.title, step.action, step.actor) for step in log] == [
        (ids[1], "Number 1", "reject", "Mo"),
        (ids[0], "Number 0", "accept", "Mo"),
        (ids[2], "Number 2", "submit", "a visitor"),
    ]
    assert [step.entry_id for step in moderation.log(before=log[-1].id)] == [ids[1], ids[0]]
    gallery.withdraw(ids[2], ADA)
    assert [step.title for step in moderation.log(limit=2)] == ["", "Number 1"], "a draft is its owner's"


def test_two_moderators_decide_once(gallery, sharing, moderation):
    entry_id = sharing.submit(ADA)
    outcomes = []

    def decide(action: str) -> None:
        try:
            moderation.decide(entry_id, 1, action, MODERATOR, "Because.")
            outcomes.append(action)
        except EntryStateError:
            outcomes.append("too late")

    threads = [threading.Thread(target=decide, args=(action,)) for action in ("accept", "reject", "ask_for_changes")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes).count("too late") == 2
    assert len(gallery.steps(entry_id)) == 2


def test_entries_go_over_to_an_account_and_drafts_go_with_a_visitor(gallery, sharing, moderation):
    entry_id = sharing.submit(ADA)
    moderation.accept(entry_id, 1, MODERATOR)
    gallery.create_draft(ADA, sharing.snapshot())
    assert gallery.delete_drafts_of(ADA) == 1
    assert gallery.hand_over(ADA, BOB) == 1
    assert [entry.id for entry in gallery.mine(BOB)] == [entry_id]
    assert gallery.mine(ADA) == []


def test_files_that_no_version_has_are_removed_after_a_while(gallery, sharing):
    draft = gallery.create_draft(ADA, sharing.snapshot())
    left = gallery.files.put(b"left over").sha256
    assert gallery.remove_unused_files() == 0
    assert gallery.remove_unused_files(older_than=timedelta(seconds=-60)) == 1
    assert not gallery.files.exists(left)
    for file in draft.files:
        with gallery.open_file(file) as stream:
            assert stream.read() == f"content of {file.kind}".encode()
