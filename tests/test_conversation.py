"""Every race of turn-taking, with scripted engines on virtual time. The scripted voice needs 50 ms a character."""

from __future__ import annotations

import pytest

from assistant import events
from assistant.audio.files import WavSpeaker
from assistant.errors import DeviceError, EngineError
from assistant.tts import SAMPLE_RATE
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm, ScriptedMicrophone, ScriptedStt, ScriptedTts

QUESTION = Say(1.0, "how are you today")
LONG = "One two three four five six seven eight. Nine ten eleven twelve thirteen fourteen."


def heard_is_a_beginning(scene: Scene) -> None:
    for turn in scene.turns:
        assert turn.reply.startswith(turn.heard) or turn.heard in " ".join(turn.reply.split())


def test_a_question_is_answered():
    scene = Scene([QUESTION]).play()
    assert scene.history == [("user", "how are you today"), ("assistant", "I am fine.")]
    assert scene.states == ["listening", "hearing", "thinking", "speaking", "listening"]
    [turn] = scene.turns
    assert (turn.outcome, turn.reply.strip(), turn.heard) == ("answered", "I am fine.", "I am fine.")
    order = [
        "speech_start",
        "speech_end",
        "soft_endpoint",
        "stt_done",
        "llm_first_token",
        "first_sentence",
        "tts_first_audio",
        "first_sound",
        "reply_end",
    ]
    assert [turn.timings[stage] for stage in order] == sorted(turn.timings[stage] for stage in order)


def test_the_first_word_is_not_cut():
    scene = Scene([QUESTION]).play()
    assert scene.stt.heard[-1] == "how are you today"


def test_the_prompt_holds_the_system_prompt_the_history_and_the_question():
    scene = Scene([QUESTION, Say(6.0, "and tomorrow")]).play()
    assert [message.role for message in scene.llm.prompts[1]] == ["system", "user", "assistant", "user"]
    assert scene.llm.prompts[1][-1].content == "and tomorrow"


def test_the_next_prefix_is_warmed_while_nobody_waits():
    scene = Scene([QUESTION]).play()
    assert [message.role for message in scene.llm.warmed[0]] == ["system"]
    assert [message.role for message in scene.llm.warmed[-1]] == ["system", "user", "assistant"]


def test_nothing_is_heard_before_the_user_has_surely_finished():
    scene = Scene([QUESTION], llm=ScriptedLlm(["Quick."], first=0.0), stt=ScriptedStt([QUESTION], seconds=0.0)).play()
    [turn] = scene.turns
    assert turn.timings["tts_first_audio"] < turn.timings["hard_endpoint"] <= turn.timings["first_sound"]


def test_a_pause_inside_the_sentence_makes_a_new_revision_and_nothing_of_the_old_one_stays():
    says = [Say(1.0, "set a timer"), Say(2.4, "for ten minutes")]
    scene = Scene(says, ["Wrong answer.", "Ten minutes it is."]).play()
    assert scene.history == [("user", "set a timer for ten minutes"), ("assistant", "Ten minutes it is.")]
    assert len(scene.turns) == 1
    assert [revision.text for revision in scene.turns[0].revisions] == ["set a timer", "set a timer for ten minutes"]
    assert "Wrong" not in scene.turns[0].heard and scene.tts.spoken[-1] == "Ten minutes it is."


def test_speaking_on_while_it_thinks_continues_the_same_turn():
    says = [Say(1.0, "what is the capital"), Say(3.2, "of france")]
    scene = Scene(says, ["No idea.", "Paris."], llm=ScriptedLlm(["No idea.", "Paris."], first=2.0)).play()
    assert scene.history == [("user", "what is the capital of france"), ("assistant", "Paris.")]
    assert scene.llm.closed_early == 1


def barge_in(at: float, text: str = "stop please wait", **more) -> Scene:
    return Scene([QUESTION, Say(at, text)], [LONG, "All right."], **more).play()


def test_barge_in_during_the_first_sentence_keeps_only_the_words_that_were_heard():
    scene = barge_in(4.0)
    first = scene.turns[0]
    assert first.outcome == "interrupted"
    assert first.heard and LONG.startswith(first.heard) and len(first.heard) < len("One two three four five six seven")
    assert scene.history[1] == ("assistant", first.heard)
    assert scene.history[2:] == [("user", "stop please wait"), ("assistant", "All right.")]


def test_asked_to_wait_it_stops_and_waits_without_an_answer():
    says = [QUESTION, Say(4.0, "hold on let me think"), Say(9.0, "what time is it")]
    scene = Scene(says, [LONG, "Noon."], until=16.0).play()
    assert [turn.outcome for turn in scene.turns] == ["interrupted", "nothing_said", "answered"]
    assert scene.turns[2].heard == "Noon." and len(scene.llm.prompts) == 2


def test_asked_for_time_in_the_middle_of_a_sentence_it_waits_for_the_rest():
    says = [Say(1.0, "set a timer for hold on", seconds=2.0), Say(7.0, "ten minutes")]
    scene = Scene(says, ["No.", "Ten minutes it is."], until=16.0).play()
    assert scene.history == [("user", "set a timer for hold on ten minutes"), ("assistant", "Ten minutes it is.")]


def test_barge_in_silences_the_speaker_within_the_confirmation_time():
    scene = barge_in(4.0)
    first = scene.turns[0]
    played = scene.speaker.audio()
    silence_from = scene.time_of("hearing", 2)
    assert silence_from <= 4.0 + 0.12
    assert len(first.heard) <= (silence_from - first.timings["first_sound"]) / 0.05
    assert played.any()


def test_barge_in_on_the_last_word_counts_as_answered():
    quick = Scene([QUESTION], [LONG]).play()
    end = quick.turns[0].timings["reply_end"]
    scene = barge_in(end - 0.05)
    assert scene.turns[0].heard == LONG and scene.turns[0].outcome == "answered"
    assert scene.history[-1] == ("assistant", "All right.")


def test_backchannel_on_the_last_word_ends_in_listening():
    end = Scene([QUESTION], [LONG]).play().turns[0].timings["reply_end"]
    scene = barge_in(end - 0.1, "okay")
    assert scene.history == [("user", "how are you today"), ("assistant", LONG)]
    assert scene.states[-1] == "listening"


@pytest.mark.parametrize("sound", ["mm-hm", "okay", ""])
def test_a_cough_or_backchannel_resumes_the_sentence_where_it_stopped(sound):
    scene = Scene([QUESTION, Say(4.0, sound, seconds=0.4)], [LONG]).play()
    assert scene.history == [("user", "how are you today"), ("assistant", LONG)]
    assert len(scene.llm.prompts) == 1
    assert scene.tts.spoken == ["One two three four five six seven eight.", "Nine ten eleven twelve thirteen fourteen."]
    assert scene.turns[-1].outcome == "answered"


def test_a_long_sound_without_words_does_not_silence_the_reply_for_good():
    scene = Scene([QUESTION, Say(4.0, "", seconds=6.0)], [LONG], until=30).play()
    assert scene.history[-1] == ("assistant", LONG)
    resumed = scene.time_of("speaking", 2)
    assert resumed < 8.0


def test_without_barge_in_it_speaks_on():
    scene = barge_in(4.0, settings={"barge_in.enabled": False})
    assert scene.history[:2] == [("user", "how are you today"), ("assistant", LONG)]


def test_end_of_speech_twice_answers_once():
    says = [Say(1.0, "hello there"), Say(2.24, "", seconds=0.06)]  # a click right after the soft endpoint
    scene = Scene(says, ["Hello."]).play()
    assert scene.history == [("user", "hello there"), ("assistant", "Hello.")] and len(scene.turns) == 1


def test_noise_alone_is_no_question():
    scene = Scene([Say(1.0, "")]).play()
    assert scene.history == [] and scene.llm.prompts == []
    assert [turn.outcome for turn in scene.turns] == ["nothing_said"] and scene.states[-1] == "listening"


def test_a_turn_of_full_length_is_answered_although_the_user_speaks_on():
    says = [Say(1.0, "blah " * 40, seconds=20.0)]
    scene = Scene(says, ["Excuse me."], settings={"endpointing.max_turn": 5.0}, until=12.0).play()
    assert scene.turns and scene.turns[0].timings["hard_endpoint"] < 7.0
    assert scene.tts.spoken[0] == "Excuse me."


def test_llm_error_mid_stream_is_said_and_noted_and_the_conversation_goes_on():
    scene = Scene([QUESTION, Say(10.0, "are you there")], ["First part is here. Second !!", "Yes."]).play()
    assert scene.turns[0].outcome == "failed" and "scripted model broke" in scene.turns[0].error
    assert scene.tts.spoken[0] == "First part is here." and "Sorry" in " ".join(scene.tts.spoken[1:])
    assert scene.history[-1] == ("assistant", "Yes.") and scene.notices == ["the scripted model broke; try again"]


def test_llm_error_at_once_is_said_instead_of_silence():
    scene = Scene([QUESTION], [EngineError("no model; fetch one")]).play()
    assert "Sorry" in scene.tts.spoken[0] and scene.turns[0].outcome == "failed"


def test_tts_error_keeps_what_was_heard_and_the_conversation_goes_on():
    scene = Scene([QUESTION, Say(10.0, "are you there")], [LONG, "Yes."], tts=ScriptedTts(fail_at="Nine")).play()
    assert scene.turns[0].outcome == "failed" and scene.turns[0].heard == "One two three four five six seven eight."
    assert scene.history[-1] == ("assistant", "Yes.")


def test_tts_error_while_paused_for_a_cough_leaves_no_dead_turn():
    tts = ScriptedTts(fail_at="Nine")
    scene = Scene([QUESTION, Say(2.5, "", seconds=0.4), Say(12.0, "are you there")], [LONG, "Yes."], tts=tts).play()
    assert scene.history[-1] == ("assistant", "Yes.") and scene.states[-1] == "listening"


def test_stt_error_is_said_and_the_conversation_goes_on():
    scene = Scene([QUESTION], stt=ScriptedStt([QUESTION], error=EngineError("recogniser broke; restart"))).play()
    assert scene.turns[0].outcome == "failed" and scene.notices[0] == "recogniser broke; restart"
    assert "Sorry" in scene.tts.spoken[0] and scene.states[-1] == "listening"


class VanishingSpeaker(WavSpeaker):
    async def drained(self) -> None:
        raise DeviceError("the speaker is gone; plug it in again")


def test_a_speaker_lost_mid_reply_ends_with_its_sentence_and_keeps_the_turn():
    with pytest.raises(DeviceError, match="speaker is gone"):
        (scene := Scene([QUESTION], [LONG], speaker=VanishingSpeaker())).play()
    assert scene.history[0] == ("user", "how are you today") and scene.turns[0].user == "how are you today"


def test_a_microphone_lost_mid_reply_ends_with_its_sentence_and_keeps_what_was_heard():
    lost = ScriptedMicrophone([QUESTION], 4.0, DeviceError("the microphone is gone; plug it in again"))
    with pytest.raises(DeviceError, match="microphone is gone"):
        (scene := Scene([QUESTION], [LONG], microphone=lost)).play()
    assert scene.turns[0].heard and LONG.startswith(scene.turns[0].heard)


@pytest.mark.parametrize("at", [0.01, 1.05, 1.5, 2.1, 2.3, 2.45, 2.65, 3.0, 4.0, 5.0, 8.0])
def test_ctrl_c_at_any_moment_ends_at_once_and_keeps_what_was_heard(at):
    scene = Scene([QUESTION, Say(5.0, "okay")], [LONG], cancel_at=at).play()
    assert scene.ended == pytest.approx(at)
    heard_is_a_beginning(scene)
    if at >= 3.0:
        assert any(turn.heard for turn in scene.turns)
    assert len(scene.turns) == len({turn.id for turn in scene.turns})


def test_a_refused_question_never_reaches_the_model():
    scene = Scene([Say(1.0, "how do i build a bomb", seconds=1.5)]).play()
    assert scene.llm.prompts == [] and scene.turns[0].outcome == "refused" and len(scene.tts.spoken) >= 1
    assert scene.turns[0].refused == "weapons (list)"


def test_who_asks_how_to_help_somebody_is_answered_and_hears_a_number():
    scene = Scene([Say(0, "My best friend wants to kill herself. What should I do?", 2.0)], replies=["Listen to her."])
    turn = scene.play().turns[0]
    assert (turn.outcome, turn.refused) == ("answered", "") and turn.heard.startswith(
        "Listen to her. And if it is urgent"
    )
    assert "988" in turn.heard


def test_the_screen_is_told_what_was_heard_while_it_is_spoken():
    scene = Scene([QUESTION], [LONG]).play()
    heard = [event.heard for _, event in scene.events if isinstance(event, events.Speaking)]
    assert len(heard) > 10 and heard == sorted(heard, key=len) and LONG.startswith(heard[-1])


def test_partial_transcripts_come_while_the_user_speaks():
    scene = Scene([Say(1.0, "one two three four five six", seconds=3.0)]).play()
    partial = [event.text for _, event in scene.events if isinstance(event, events.Transcribed) and not event.final]
    assert len(partial) >= 2 and all("one two three four five six".startswith(text) for text in partial)


def test_the_words_are_read_while_they_are_spoken_but_not_few_ones():
    question = "how long does it take to boil six eggs in a large pot"
    scene = Scene([Say(1.0, question, seconds=4.0)], ["Nine minutes."]).play()
    read = [prompt[-1].content for prompt in scene.llm.warmed if prompt[-1].role == "user"]
    assert read and all(question.startswith(words) and len(words.split()) > 2 for words in read)
    assert read == sorted(read, key=len) and len(read[-1].split()) >= 10


def test_barge_in_at_every_moment_of_a_reply_leaves_history_and_sound_in_step():
    for step in range(4, 60, 2):
        scene = barge_in(2.0 + step * 0.1)
        heard_is_a_beginning(scene)
        assert scene.states[-1] == "listening", step
        assert scene.history[-1] == ("assistant", "All right."), step
        roles = [role for role, _ in scene.history]  # interrupted before its first word, a reply leaves no message
        assert roles in (["user", "assistant"] * 2, ["user", "assistant"], ["user", "user", "assistant"]), step


def test_the_speaker_falls_silent_after_two_frames_of_speech():
    scene = barge_in(4.0)
    assert scene.time_of("hearing", 2) == pytest.approx(4.0 + 0.04, abs=0.021)


def test_complete_words_are_answered_sooner_than_unfinished_ones():
    waits = {}
    for complete in (0.9, 0.0001):
        scene = Scene([QUESTION], llm=ScriptedLlm(["Fine."], complete=complete)).play()
        timings = scene.turns[0].timings
        waits[complete] = timings["hard_endpoint"] - timings["speech_end"]
    assert 0.2 < waits[0.9] < waits[0.0001] - 0.3 and waits[0.0001] <= 1.65


def test_a_slow_answer_is_bridged_by_a_filler_that_is_not_part_of_it():
    scene = Scene([QUESTION], llm=ScriptedLlm(["Fine."], first=4.0)).play()
    assert scene.tts.spoken == ["One moment.", "Fine."]
    assert scene.turns[0].heard == "Fine." and scene.history[-1] == ("assistant", "Fine.")


def test_a_quick_answer_and_an_empty_filler_bridge_nothing():
    assert Scene([QUESTION]).play().tts.spoken == ["I am fine."]
    slow = Scene([QUESTION], llm=ScriptedLlm(["Fine."], first=4.0), settings={"manners.filler": ""}).play()
    assert slow.tts.spoken == ["Fine."]


def test_speaking_over_the_filler_silences_it_and_continues_the_turn():
    says = [Say(1.0, "what is the capital"), Say(4.3, "of france")]
    scene = Scene(says, llm=ScriptedLlm(["Paris."], first=3.0), settings={"manners.filler": "one moment " * 20}).play()
    assert scene.history == [("user", "what is the capital of france"), ("assistant", "Paris.")]
    assert len(scene.speaker.audio()) / 24_000 < 20


def test_words_that_were_hardly_understood_are_asked_for_again():
    scene = Scene([QUESTION], stt=ScriptedStt([QUESTION], confidence=0.2)).play()
    assert scene.llm.prompts == [] and scene.tts.spoken == ["Sorry, I did not catch that."]
    assert scene.turns[0].outcome == "unsure" and scene.history == []


def test_it_never_asks_back_twice_in_a_row_in_the_same_words():
    says = [Say(1.0 + 8 * number, f"mumble {number}") for number in range(3)]
    scene = Scene(says, stt=ScriptedStt(says, confidence=0.2), until=30).play()
    once, other, again = scene.tts.spoken
    assert once == again == "Sorry, I did not catch that." and other.startswith("I still did not understand")


def test_the_user_is_spoken_to_once_and_only_if_configured():
    assert Scene([], until=100.0).play().tts.spoken == []
    settings = {"manners.idle": "Are you there?", "manners.idle_after": 10.0}
    scene = Scene([Say(60.0, "yes I am here")], ["Good."], until=90.0, settings=settings).play()
    assert scene.tts.spoken == ["Are you there?", "Good.", "Are you there?"]
    assert scene.history == [("user", "yes I am here"), ("assistant", "Good.")]


def test_a_sound_that_sets_in_like_a_voice_stops_the_reply_for_a_moment_only():
    quiet, startled = (Scene([QUESTION], [LONG], onsets=onsets).play() for onsets in ((), (4.0, 5.0)))
    assert startled.history == quiet.history and len(startled.llm.prompts) == 1
    late = startled.turns[0].timings["reply_end"] - quiet.turns[0].timings["reply_end"]
    assert 0.3 < late < 0.4  # the second sound came too soon after the first to startle again


def test_a_voice_that_sets_in_is_silence_at_once_when_speech_follows():
    heard = [
        len(Scene([QUESTION, Say(4.1, "stop please wait")], [LONG, "All right."], onsets=onsets).play().turns[0].heard)
        for onsets in ((), (4.02,))
    ]
    assert heard[1] < heard[0]


def test_a_sound_that_was_a_voice_after_all_does_not_make_deaf_to_the_next():
    says = [QUESTION, Say(4.1, "mm-hm"), Say(6.8, "stop please wait")]
    heard = [
        max(len(turn.heard) for turn in Scene(says, [LONG, "All right."], onsets=onsets).play().turns)
        for onsets in ((3.6,), (3.6, 6.72))
    ]
    assert heard[1] < heard[0]


class LateSpeaker(WavSpeaker):
    """What a real device holds when it is told to pause may be heard nevertheless."""

    def pause(self) -> None:
        super().pause()
        if self.written - self._position < 0.05 * SAMPLE_RATE:
            self._position = self.written


def test_a_sound_with_the_last_word_of_a_reply_does_not_silence_the_next_one():
    says = [QUESTION, Say(12.0, "and how is she")]
    end = Scene(says, [LONG, "Fine."]).play().turns[0].timings["reply_end"]
    for early in (0.06, 0.04, 0.02):
        scene = Scene(says, [LONG, "Fine."], speaker=LateSpeaker(), onsets=[end - early]).play()
        assert [(turn.heard, turn.outcome) for turn in scene.turns] == [(LONG, "answered"), ("Fine.", "answered")], (
            early
        )


@pytest.mark.parametrize("sound", ["Uh?", "Hmm.", "Thank you for watching!", "You"])
def test_what_recognisers_make_of_noise_is_no_question(sound):
    scene = Scene([Say(1.0, sound)]).play()
    assert scene.llm.prompts == [] and scene.history == [] and scene.states[-1] == "listening"


def test_a_short_answer_is_answered():
    assert Scene([Say(1.0, "yes")], ["Good."]).play().history == [("user", "yes"), ("assistant", "Good.")]


def test_a_conversation_of_weeks_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr("assistant.reply.history._REMEMBERED", 3)
    says = [Say(1.0 + 5 * number, f"question {number}") for number in range(6)]
    scene = Scene(says, ["Yes."], until=35).play()
    assert len(scene.turns) == 6 and len(scene.history) <= 7 and scene.history[-2] == ("user", "question 5")
