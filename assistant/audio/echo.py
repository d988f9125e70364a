"""Echo cancelling: what the speaker plays is taken out of what the microphone hears, in two ways for two listeners.

Voice detection must never take the assistant for the user: it gets what WebRTC's AEC3 leaves, which suppresses all that
may be echo and muffles a user who speaks over it. Speech recognition must understand that user: it gets what a linear
adaptive filter leaves, some echo and the undistorted user. (Words spoken over a reply 3 s old, echo at 0, -6, -12,
-20 dB: WER 34, 23, 20, 12 % after AEC3, 40, 25, 17, 6 % as they were recorded, 17, 6, 7, 6 % after the filter.)

Both need each frame of the microphone together with what was played in that time (assistant/audio/played.py). The
suppressor finds the echo's delay by itself; the filter is told it, and learns a new room in half a second then. A room
that was heard before is known again by the echo of a first reply's first sounds (assistant/audio/room.py).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, IsSpeech
from assistant.audio import room as rooms
from assistant.audio.capture import InputMicrophone
from assistant.audio.echo_detector import Echo, EchoDetector
from assistant.audio.echo_filter import EchoFilter
from assistant.audio.onset import EchoRest, Onset, loudest
from assistant.audio.played import FrameClock, Played, Resampler
from assistant.audio.vad import is_voiced
from assistant.settings import VadSettings
from assistant.tts import SAMPLE_RATE as SPEECH_RATE

_STEP = 0.01  # seconds; WebRTC's audio processing works on nothing else
_RECORDING = 0.02  # seconds from the beginning of a frame until it is there, at least
_PAUSE = 0.1  # seconds without sound after which the suppressor has to find its way again ...
_LEARNING = 1.2  # ... for at most so many seconds
_MOSTLY_ECHO = 0.1  # of a frame's power, left by the suppressor: less is left of echoes only
_EXPLAINED = 0.25  # the same by the filter, which leaves those who speak over the echo as they were
_OVER = 0.3  # weight of the newest frame in mean powers: they are over some 60 ms
_LINGERS = 1.0  # seconds after the last played sound in which its echo may still be heard
_RECOGNISED = 1.0  # seconds of an echo after which it is not the remembered room's
_RECALLED = 0.1  # of an echo's power, left by a filter that knows the room from before
_FIRST_LEARNED = 0.4  # seconds of an echo until the filter can tell how loud it is
_LEARNED = 3.0  # seconds of echoes after which filter and suppressor know the room


class EchoSuppressor:
    """WebRTC's AEC3: leaves next to nothing of the echo, and little of who speaks over it in the first half second."""

    def __init__(self) -> None:
        from livekit import rtc

        self._frame = rtc.AudioFrame
        self._processing = rtc.AudioProcessingModule(echo_cancellation=True, high_pass_filter=True)

    def __call__(self, near: np.ndarray, far24k: np.ndarray) -> np.ndarray:
        """Take the echo of ``far24k`` (played from now on) out of ``near`` (16 kHz); both of one length in time, a
        multiple of 10 ms, mono float32 in [-1, 1]."""
        steps = round(len(near) / SAMPLE_RATE / _STEP)
        clean = np.empty(len(near), np.float32)
        for near_part, far_part, out in zip(*(np.split(audio, steps) for audio in (near, far24k, clean)), strict=True):
            self._processing.process_reverse_stream(self._pack(far_part, SPEECH_RATE))
            frame = self._pack(near_part, SAMPLE_RATE)
            self._processing.process_stream(frame)
            out[:] = np.frombuffer(frame.data, np.int16) / np.float32(32768)
        return clean

    def _pack(self, audio: np.ndarray, rate: int):
        pcm = (np.clip(audio, -1.0, 1.0) * 32767).astype(np.int16)
        return self._frame(bytearray(pcm.tobytes()), rate, 1, len(pcm))


class EchoCancellingMicrophone:
    """A microphone that does not hear the speaker whose ``reference`` it is given (see OutputSpeaker, InputMicrophone).

    Its frames are for speech recognition; a voice detector is asked through `heard_by`. ``room_file``: in which the
    room is remembered; when it becomes another one, there is another microphone or speaker, and all is learned anew;
    ``aggressiveness``: of WebRTC's voice detector, for `onset`.
    """

    def __init__(
        self,
        microphone: InputMicrophone,
        reference: deque[tuple[float, np.ndarray]],
        room_file: Callable[[], Path],
        now: Callable[[], float] = time.monotonic,
        aggressiveness: int = VadSettings.aggressiveness,
    ) -> None:
        import webrtcvad

        self._microphone = microphone
        self._now = now
        self._played = Played(reference)
        self._webrtc = webrtcvad.Vad(aggressiveness)
        self._which_room = room_file
        self._enter(room_file())

    def _enter(self, room_file: Path) -> None:
        """Know nothing but what is kept of this room."""
        self._suppress, self._filter, self._detector = EchoSuppressor(), EchoFilter(), EchoDetector()
        self._at_16k = Resampler()
        self._silent = _LINGERS  # seconds since something was played
        self._sounding = _LEARNING  # seconds since something is played
        self._powers = np.zeros(3)  # mean ones: as it was heard, as the suppressor left it, as the filter left it
        self._suppressed = np.zeros(FRAME_SAMPLES, np.float32)  # the newest frame, as voice detection may hear it
        self.onset = False
        """Whether, in the newest frame and over an echo, a voice may just have set in."""
        self._onset, self._rest = Onset(), EchoRest()
        self._voiced = 0  # frames, of late
        self._room_file, self._room = room_file, rooms.recall(room_file)
        self._rehearsed: EchoSuppressor | None = None  # knows the remembered room; until it is clear whether this is it
        if self._room:
            self._rehearsed = EchoSuppressor()
            self._rehearsed(*rooms.rehearsal(self._room))  # 60 ms, before anything can be heard

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        clock, overflows = FrameClock(self._now()), self._microphone.overflows
        async with aclosing(self._microphone.frames()) as frames:
            async for frame in frames:
                if self._which_room() != self._room_file:
                    self._remember()
                    self._enter(self._which_room())
                at = clock(self._now(), self._microphone.overflows > overflows) - _RECORDING
                overflows = self._microphone.overflows
                yield self._without_echo(frame, self._played.take(at, len(frame) * SPEECH_RATE // SAMPLE_RATE))

    @property
    def voice(self) -> np.ndarray:
        """The frame that `frames` just yielded, as a voice detector may hear it."""
        return self._suppressed

    @property
    def captured(self) -> int:
        """See InputMicrophone."""
        return self._microphone.captured

    def heard_by(self, is_speech: IsSpeech) -> IsSpeech:
        """Whether there is speech in the frame that `frames` just yielded, if ``is_speech`` does not hear the echo."""
        return lambda frame: is_speech(self._suppressed)

    def _without_echo(self, frame: np.ndarray, played: np.ndarray) -> np.ndarray:
        self._suppressed, self.onset = frame, False
        if played.any() and self._silent > _PAUSE:
            self._sounding = 0.0 if self._detector.echo else _LEARNING  # one that knows nothing yet leaves no rests
        self._sounding += FRAME_SECONDS
        self._silent = 0.0 if played.any() else self._silent + FRAME_SECONDS
        if self._silent >= _LINGERS:
            self._sets_in(frame)  # it adapts to the room
            if not self._room:
                self._remember()  # now already: a kiosk may be switched off without being told
            return frame  # most of the time there is nothing to do, and it costs 2 % of a core
        far = self._at_16k(played)
        present = self._detector(frame, far)
        suppressed = self._suppress(frame, played)  # always, like the filter: they stay adapted
        if self._room and self._rehearsed:
            suppressed = self._recognise(self._room, self._rehearsed, suppressed, self._rehearsed(frame, played))
        if self._detector.echo:
            self._filter.expect(self._detector.echo)
        filtered = self._filter(frame, far)
        if present is False:
            self._filter.learned = 0.0  # it unlearns
            self._sets_in(frame)
            return frame
        # Not told where to look, the filter makes things worse.
        heard, echo = (filtered, frame - filtered) if self._detector.echo else (frame, None)
        self.onset = self._sets_in(heard, echo)
        self._suppressed = self._without_rests(frame, suppressed, filtered)
        return heard

    def _sets_in(self, heard: np.ndarray, echo: np.ndarray | None = None) -> bool:
        """Whether a voice sets in; ``echo``: what was taken out of what is ``heard``, None while that is not known."""
        voiced = is_voiced(self._webrtc, heard)
        self._voiced = self._voiced + 1 if voiced else self._voiced // 2
        if echo is not None and self._filter.learned < _FIRST_LEARNED:
            echo = max(echo, self._detector.expected(), key=loudest)
        onset = self._onset(heard, voiced, 0.0 if echo is None else self._rest(echo, heard))
        return onset if echo is not None else self._detector.stranger and self._voiced > 1

    def _without_rests(self, frame: np.ndarray, suppressed: np.ndarray, filtered: np.ndarray) -> np.ndarray:
        """Silence instead of what the suppressor, while it learns, leaves of what must have been mostly echo: it says
        so itself, or, at first, the filter.
        """
        self._powers += _OVER * (np.mean(np.square([frame, suppressed, filtered]), axis=1) - self._powers)
        heard, left, unexplained = self._powers
        again = self._sounding < _LEARNING and left < _MOSTLY_ECHO * heard
        at_first = self._filter.learned < _LEARNED and unexplained < _EXPLAINED * heard
        return suppressed * 0 if again or at_first else suppressed

    def _recognise(
        self, room: rooms.Room, suppressor: EchoSuppressor, suppressed: np.ndarray, rehearsed: np.ndarray
    ) -> np.ndarray:
        """Decide whether this is ``room``; ``suppressor`` and what it left, ``rehearsed``, are good only there."""
        delay = self._detector.delay
        if delay is not None and room.explains(*self._detector.newest(), delay):
            self._suppress, self._rehearsed = suppressor, None
            self._detector.confirm(Echo(delay, room.echo.power))
            self._filter.recall(room.echo, room.path)
            self._rest = EchoRest(_RECALLED)
            self._sounding = 0.0
            return rehearsed
        if self._detector.present is False or self._filter.learned > _RECOGNISED:
            self._room = self._rehearsed = None
        return suppressed

    def _remember(self) -> None:
        echo = self._detector.echo
        if self._detector.present and echo and self._filter.learned >= _LEARNED:
            self._room = rooms.Room(echo, self._filter.path)
            rooms.remember(self._room_file, self._room)

    def close(self) -> None:
        self._microphone.close()
        self._remember()
