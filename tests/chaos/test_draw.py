"""A seed replays: the same one draws the same plan, another one another."""

import pytest

from chaos.draw import END, FULL, SEVERAL, SEVERAL_SHORT, SHORT, Extent, Plan
from chaos.plan import ScenePlan
from chaos.sound import tones

FRAMES = [400] * FULL.speakers


def everything(seed: int, extent: Extent = FULL) -> tuple[object, ...]:
    plan = Plan(seed, extent)
    scene = plan.scene("a scene", FRAMES[: extent.speakers], extent.blows)
    frames = FRAMES[: extent.speakers]
    broken = plan.tampered(plan.broken(scene, frames, extent.breaks), frames)
    return plan.speeches, broken, plan.left(scene, frames)


@pytest.mark.parametrize("extent", [FULL, SHORT])
def test_the_same_seed_draws_the_same(extent: Extent) -> None:
    assert everything(7, extent) == everything(7, extent)
    for one, other in zip(everything(7, extent), everything(8, extent), strict=True):
        assert one != other


def test_one_scene_does_not_change_another() -> None:
    once, again = Plan(7, FULL), Plan(7, FULL)
    once.scene("first", FRAMES)
    assert once.scene("second", FRAMES) == again.scene("second", FRAMES)


def test_a_full_run_breaks_what_it_promises_to() -> None:
    plan = Plan(1, FULL)
    broken = plan.broken(plan.scene("lines", FRAMES), FRAMES, FULL.breaks)
    assert len(broken.speakers) >= 20
    assert sum(len(speaker.breaks) for speaker in broken.speakers) >= 1000
    assert FULL.blows["kill server"] >= 30
    assert FULL.blows["kill host"] >= 30
    assert all(count > 0 for count in FULL.blows.values())


def test_blows_fall_while_all_speak() -> None:
    scene: ScenePlan = Plan(3, FULL).scene("blows", FRAMES, FULL.blows)
    moments = [blow.after for blow in scene.blows]
    assert moments == sorted(moments)
    assert moments[0] > 0
    assert moments[-1] < sum(FRAMES)
    assert len(moments) == sum(FULL.blows.values())


def test_a_server_is_killed_every_twenty_seconds_while_people_speak() -> None:
    plan = Plan(3, SEVERAL)
    scene = plan.timed(plan.scene("several", FRAMES[: SEVERAL.speakers], SEVERAL.blows))
    assert [(blow.kind, blow.after, blow.pause) for blow in scene.blows] == [
        ("kill server", 0, 20.0)
    ] * 4
    speaking = min(len(tones(speech).frames) for speech in plan.speeches) * SEVERAL.pace
    assert speaking > 4 * 20
    short = Plan(3, SEVERAL_SHORT).scene("several", FRAMES[:4], SEVERAL_SHORT.blows)
    assert Plan(3, SEVERAL_SHORT).timed(short) == short


def test_no_frame_near_the_end_is_tampered_with() -> None:
    plan = Plan(5, FULL)
    scene = plan.tampered(plan.scene("frames", FRAMES), FRAMES)
    assert {how for one in scene.speakers for _, how in one.tampered} == {
        *("swap", "double", "late", "drop")
    }
    assert max(frame for one in scene.speakers for frame, _ in one.tampered) < FRAMES[0] - END
