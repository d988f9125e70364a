"""What people say in English beside Home Assistant's own templates, in hassil's language, for the same intents.

Home Assistant need not understand these: what is matched here is done by its services.
"""

from __future__ import annotations

from typing import Any

_RULES = {
    "want": "(i (want|need|would like)|i'd like|let's have|let me have|(can|could|may) (i|we) have|have|give (me|us))",
    "sure": "(make sure|see that|ensure|check that) [that]",
    "check": "(check|tell me|see|find out|let me know|do you know|can you tell me|can you check) (if|whether)",
    "we": "(i|we|you|anyone|anybody|someone|somebody)",
    "to": "(to|at|on)",
    "outside": "(outside|out|out there)",
    "full": "{volume:volume_level}[[ ]%| percent]",
    "speed": "{fan_speed:percentage}[[ ]%| percent]",
    "heat": "([the] (heat|heating|heater|radiator|thermostat|temperature|temp|air con|air conditioning|ac))",
    "degrees": "{temperature}[ ](°[c|f]|degree[s]) [celsius|fahrenheit]",
    "number": "{temperature}[[ ](°[c|f]|degree[s])] [celsius|fahrenheit]",
    "percent": "{brightness}[[ ]%| percent] [brightness]",
    "music": "([the] (music|song|sound|radio|television|tv|telly|stereo|speaker[s]|show|movie|film))",
    "floors": "([the] (floor[s]|house|place|flat|apartment|carpet[s]|living area))",
}

_LISTS: dict[str, Any] = {
    "level": {
        "values": [
            {"in": "(half|half way|halfway|half brightness|medium)", "out": 50},
            {"in": "(a quarter|quarter|low)", "out": 25},
            {"in": "three quarters", "out": 75},
            {"in": "(full|full brightness|full power|high|max|maximum)", "out": 100},
        ]
    },
    "louder": {"values": [{"in": "(up|louder)", "out": "up"}, {"in": "(down|quieter|softer|lower)", "out": "down"}]},
    "warmer": {"values": [{"in": "(warmer|hotter)", "out": 1}, {"in": "(cooler|colder)", "out": -1}]},
    "up_down": {"values": [{"in": "up", "out": 1}, {"in": "down", "out": -1}]},
}

_SET = "HassClimateSetTemperature"
_SWITCHED = ("light", "switch", "fan", "media_player", "input_boolean", "climate")
_LIT = {
    "area": "([<the>] {area} <light>|[(<all>|<the>)] <light> <in> [<the>] {area})",
    "floor": "([<the>] {floor} [floor] <light>|[(<all>|<the>)] <light> [<in>] [<the>] {floor} [floor])",
    "here": "[(<all>|<the>)] <light> [<here>]",
}
_WITHIN = {"area": "(<in> [<the>] {area})", "floor": "([<in>] [<the>] {floor} [floor])", "": "[<everywhere>]"}
_COVERED = {
    "area": "([<the>] {area} {cover_classes:device_class}|[(<all>|<the>)] {cover_classes:device_class}"
    " <in> [<the>] {area})",
    "here": "[(<all>|<the>)] {cover_classes:device_class} [<here>]",
}
_PLACED = {"area": "(in [<the>] {area})", "here": "[<here>]"}

_ON = (
    "put @ [back] on", "put on @", "(flip|flick|pop|power|get|fire|start|kick) @ (on|up)", "cut @ on",
    "(power|fire|start) up @",
    "get @ (going|running|started)", "<want> @ [turned|switched] on", "<sure> @ <is> [turned|switched] on",
    "<turn> @ back on", "<turn> back on @", "<turn> @ on",
    "@ (turn|switch|put) (it|them) on", "<turn> on @",
)  # fmt: skip
_OFF = (
    "(kill|cut|shut off|shut down|power down|power off|put out|douse|put off) @",
    "(shut|power|flip|flick|cut|put|pop) @ [back] (off|down|out)", "<want> @ [turned|switched] off",
    "<sure> @ <is> [turned|switched] off", "<turn> @ back off", "<turn> back off @", "<turn> @ (off|out)",
    "@ (turn|switch|put) (it|them) off", "<turn> off @",
)  # fmt: skip
_EVERYTHING_OFF = (
    "<turn> everything (off|out) @", "<turn> (off|out) everything @", "everything (off|out) @",
    "(shut|power) everything (off|down) @", "<turn> everything @ (off|out)",
)  # fmt: skip
_OPEN = (
    "(pull|roll|put|raise|lift|wind|slide|swing|get|let|draw) @ (up|open|back)", "(pull|roll|put|wind) (up|open) @",
    "<want> @ (open|opened|up)", "<sure> @ <is> (open|opened)",
)  # fmt: skip
_CLOSE = (
    "(pull|roll|put|let|bring|wind|get|slide) @ (down|closed|shut|to)", "(pull|roll|put|let|bring|wind) down @",
    "draw @", "<want> @ (closed|shut|down)", "<sure> @ <is> (closed|shut)",
)  # fmt: skip
_HALF = ("(open|close|put|set|raise|lower|pull|leave|have) @ [(up|down)] [to] (halfway|half way|half)", "half open @")
_DIM = (
    "dim @ [down]", "make @ (dimmer|darker|softer|less bright)", "(turn|bring|take) down @", "(turn|bring|take) @ down",
    "lower @",
)  # fmt: skip
_BRIGHTEN = ("brighten @ [up]", "make @ brighter", "(turn|bring) up @", "(turn|bring) @ up", "raise @")
_LEVEL = (
    "(dim|bring|turn|set|put|take|lower|raise|drop|have|get|make|adjust|brighten|change) @ [brightness] [(up|down)]"
    " <to> (<percent>|{level:brightness})",
    "@ (to|at) (<percent>|{level:brightness})",
    "(turn|bring) (up|down|on) @ <to> (<percent>|{level:brightness})",
)
_LEVEL_WITHIN = (
    "<light> <to> (<percent>|{level:brightness}) @",
    "{level:brightness} brightness @",
    "<percent> brightness @",
)
_COLOR = (
    "(make|turn|set|change|switch|put|have) @ [to|on] [a] ({color}|{color_temperature_names:temperature})",
    "<want> @ [in|to be] ({color}|{color_temperature_names:temperature})",
)

_WEATHER = (
    "<what_is> it like <outside> [today]", "(<what_is>|<how_is>) [the] weather [like] [today|<outside>]",
    "how (hot|warm|cold|chilly|cool) is it <outside> [today]",
    "is it (raining|rainy|snowing|sunny|windy|cloudy|foggy) [<outside>] [today]",
    "is it (hot|warm|cold|chilly|cool) <outside> [today]", "<what_is> [the] <temp> <outside>",
)  # fmt: skip


def _rows() -> list[tuple[str, dict[str, Any]]]:
    """Intent and one block of sentences each."""
    return [
        *_named("HassTurnOn", _ON, *_SWITCHED),
        *_placed("HassTurnOn", (*_ON, "<want> [some|more] @", "@ on"), _LIT, domain="light"),
        *_named("HassTurnOff", (*_OFF, "stop @"), "light", "switch", "fan", "input_boolean", "climate"),
        *_named("HassTurnOff", _OFF, "media_player"),
        *_placed("HassTurnOff", (*_OFF, "@ (off|out)"), _LIT, domain="light"),
        *_placed("HassTurnOff", _EVERYTHING_OFF, _WITHIN, domain=["light", "fan", "media_player"]),
        *_placed("HassTurnOff", ("<light> (off|out) @",), {"floor": _WITHIN["floor"]}, domain="light"),
        *_named("HassLightSet", _LEVEL, "light"),
        *_placed("HassLightSet", _LEVEL, _LIT, domain="light"),
        *_placed("HassLightSet", _LEVEL_WITHIN, {"area": _WITHIN["area"]}, domain="light"),
        *_placed("HassLightSet", _LEVEL, {"area": "[<the>] {area}"}, domain="light"),
        *_placed("HassLightSet", ("dim @ [down]",), {"area": "[<the>] {area}"}, domain="light", brightness_step=-25),
        *_placed("HassLightSet", ("brighten @ [up]",), {"area": "[<the>] {area}"}, domain="light", brightness_step=25),
        *_named("HassLightSet", _COLOR, "light"),
        *_placed("HassLightSet", _COLOR, _LIT, domain="light"),
        *_named("HassLightSet", _DIM, "light", brightness_step=-25),
        *_placed("HassLightSet", _DIM, _LIT, domain="light", brightness_step=-25),
        *_named("HassLightSet", _BRIGHTEN, "light", brightness_step=25),
        *_placed("HassLightSet", _BRIGHTEN, _LIT, domain="light", brightness_step=25),
        *_named("HassTurnOn", _OPEN, "cover"),
        *_placed("HassTurnOn", _OPEN, _COVERED, domain="cover"),
        *_named("HassTurnOff", _CLOSE, "cover"),
        *_placed("HassTurnOff", _CLOSE, _COVERED, domain="cover"),
        *_named("HassSetPosition", _HALF, "cover", position=50),
        *_placed("HassSetPosition", _HALF, _COVERED, domain="cover", position=50),
        *_named("HassTurnOn", ("(bolt|secure|lock up) @", "<sure> @ <is> locked"), "lock"),
        *_named("HassTurnOff", ("(unbolt|unlatch|open [up]) @", "<want> @ (unlocked|open)"), "lock"),
        *_placed("HassTurnOn", ("(lock|secure|bolt) (everything|all [of] [the] doors|the doors) [up]",), {"": ""},
            domain="lock"),
        *_heating(),
        *_questions(),
        *_named("HassFanSetSpeed", ("(set|turn|put) @ [(up|down)] <to> <speed>",), "fan"),
        *_placed("HassFanSetSpeed", ("(set|turn|put) @ [(up|down)] <to> <speed>",),
            {"area": "([<the>] {area} fan[s]|<the> fan[s] <in> [<the>] {area})"}, domain="fan"),
        *_placed("HassGetWeather", _WEATHER, {"": ""}, domain="weather"),
        *_media(),
        *_named("HassTurnOn", ("(it's time for|time for|let's do|let's have|let's go for|start|begin|set|do|switch to|"
            "put on|run|launch|trigger|i want|set up|go to|go for|give (me|us)|put) @ [scene|mode|on]",), "scene"),
        *_named("HassTurnOn", ("(do|execute|launch|trigger|begin) @ [script|routine]",), "script"),
        *_named("HassVacuumStart", (
            "(have|get|tell|let|send|make) @ [to] (clean|vacuum|start|start cleaning|go|run|out) [up] [<floors>]",
            "(run|launch) @"), "vacuum"),
        *_placed("HassVacuumStart", ("(vacuum|hoover|clean) <floors>", "start [the] (vacuum|vacuuming|hoovering|hoover"
            "|robot vacuum)", "run the [robot] (vacuum|hoover) [cleaner]"), {"here": ""}, domain="vacuum"),
        *_named("HassVacuumReturnToBase", (
            "(send|bring|get) @ (home|back|back home|[back] to (its|the|his|her) (dock|base|station))", "(dock|stop) @",
            "@ (go|come) (home|back)"
            ), "vacuum"),
    ]  # fmt: skip


def _heating() -> list[tuple[str, dict[str, Any]]]:
    set_to = "(turn|set|put|bring|change|adjust|raise|lower|drop|have|get)"
    return [
        *_named(_SET, (f"{set_to} @ [(up|down)] <to> <number>", "@ (to|at) <number>"), "climate"),
        *_placed(
            _SET,
            (
                f"{set_to} <heat> [(up|down)] <to> <number> @", f"{set_to} <heat> @ [(up|down)] <to> <number>",
                "(turn|bring) (up|down) <heat> @ <to> <number>", "<heat> <to> <number> @",
                "(make|get|have) it <degrees> @", "<want> it [to be|at] <degrees> @",
            ),
            _PLACED, domain="climate",
        ),
        *_placed(
            _SET,
            (
                f"{set_to} @ <heat> [(up|down)] <to> <number>", "(heat|cool|warm) @ [(up|down)] to <number>",
                f"{set_to} @ [(up|down)] <to> <degrees>", "<want> @ [to be|at] <degrees>", "@ (to|at) <degrees>",
            ),
            {"area": "[<the>] {area}"}, domain="climate",
        ),
        *_named(_SET, ("(turn|bring|put) ({up_down:temperature_step};@)",), "climate"),
        *_placed(
            _SET,
            (
                "(turn|bring|put) ({up_down:temperature_step};<heat>) @", "(make|get) it {warmer:temperature_step} @",
                "(turn|bring|put) <heat> @ {up_down:temperature_step}",
            ),
            _PLACED, domain="climate",
        ),
        *_placed(_SET, ("warm up @", "warm @ up"), {"area": "[<the>] {area}"}, temperature_step=1),
        *_placed(_SET, ("cool down @", "cool @ down"), {"area": "[<the>] {area}"},
            temperature_step=-1),
        *_placed(
            "HassClimateGetTemperature",
            (
                "is it (warm|cold|hot|chilly|cool|freezing) @", "what temperature (is it|do we have|have we got) @",
                "(<what_is>|<how_is>) [the] [room] <temp> [like] @", "how many degrees (is it|are there|do we have) @",
                "how (warm|hot|cold|cool|chilly) does it get @", "[the] <temp> @",
            ),
            _PLACED,
        ),
        *_placed("HassClimateGetTemperature", (
            "what <temp> is @ [at]", "<what_is> @ [at|sitting at]", "how (hot|cold|warm|cool|chilly) is @",
            "is @ (warm|cold|hot|chilly|cool)", "<what_is> [the] <temp> of @"), {"area": "[<the>] {area}"}),
    ]  # fmt: skip


def _questions() -> list[tuple[str, dict[str, Any]]]:
    rows = []
    for domains, states, left in (
        (("lock",), "{lock_states:state}", "unlocked"),
        (("cover",), "{cover_states:state}", "open"),
        (("binary_sensor",), "{bs_open_states:state}", "open"),
        (_SWITCHED, "{on_off_states:state}", "on"),
    ):
        asked = (f"<check> @ (is|are) {states}", f"(is|are) @ [turned|switched] {states}")
        rows += _named("HassGetState", asked, *domains, kind="one_yesno")
        state = "on" if domains == ("binary_sensor",) else left
        forgot = f"(did|have|has) <we> (leave|left|forget|forgotten) @ {left}"
        rows += _named("HassGetState", (forgot,), *domains, kind="one_yesno", state=state)
    rows += _named(
        "HassGetState", ("(did|have|has) <we> (lock|locked|lock up) @",), "lock", kind="one_yesno", state="locked"
    )
    rows += _named(
        "HassGetState", ("(did|have|has) <we> (close|closed|shut) @",), "cover", kind="one_yesno", state="closed"
    )
    running = ("switch", "fan", "input_boolean")
    rows += _named("HassGetState", ("(is|are) @ running",), *running, kind="one_yesno", state="on")
    home = "is (anyone|anybody|someone|somebody) [at] (home|in)"
    rows += _placed("HassGetState", (home,), {"": ""}, domain="person", state="home", kind="any")
    places = {"area": "([<in>] [<the>] {area})", "": ""}
    windows = (
        "(did|have|has) <we> (leave|left) [any|the|some|a] {cover_classes:device_class} {cover_states:state} @",
        "(is|are) there [any|a|some] {cover_classes:device_class} [that (is|are)] {cover_states:state} @",
        "do we have [any|some|a] {cover_classes:device_class} {cover_states:state} @",
        "<check> [any|any of the|the] {cover_classes:device_class} (is|are) {cover_states:state} @",
    )
    lights = (
        "(did|have|has) <we> (leave|left) [any|the|some|a] <light> {on_off_states:state} @",
        "(is|are) there [any|a|some] <light> [that (is|are)] {on_off_states:state} @",
        "<check> [any|any of the|the] <light> (is|are) {on_off_states:state} @",
        "(is|are) [the] <light> {on_off_states:state} @", "(is|are) [the] <light> @ {on_off_states:state}",
    )  # fmt: skip
    rows += _placed("HassGetState", windows, places, domain="cover", kind="any")
    rows += _placed("HassGetState", lights, places, domain="light", kind="any")
    rows += _placed(
        "HassGetState",
        ("(is|are) [<the>] {area} <light> {on_off_states:state}",),
        {"area": ""},
        domain="light",
        kind="any",
    )
    which = "(which|what) [of the] {cover_classes:device_class} did <we> leave {cover_states:state} @"
    rows += _placed("HassGetState", (which,), places, domain="cover", kind="which")
    which = "(which|what) [of the] <light> did <we> leave {on_off_states:state} @"
    rows += _placed("HassGetState", (which,), places, domain="light", kind="which")
    return rows


def _media() -> list[tuple[str, dict[str, Any]]]:
    return [
        *_named("HassMediaPause", ("(stop|halt|hush|silence|shush|freeze) @",), "media_player"),
        *_named("HassMediaUnpause", ("(continue|carry on with|keep playing|play) @", "unpause @"), "media_player"),
        *_placed("HassMediaPause", ("(stop|halt|cut|kill|pause) <music> @",), _PLACED, domain="media_player"),
        *_placed("HassMediaUnpause", ("(continue|carry on with|keep playing|restart|resume|play) <music> @",),
            _PLACED, domain="media_player"),
        *_named("HassSetVolumeRelative", ("(turn|bring|crank|make) ({louder:volume_step};@)", "@ {louder:volume_step}", 
            "[the] volume {louder:volume_step} (on|for|of) @",
            "(turn|bring) ({louder:volume_step};[the] volume) (on|of) @"), "media_player"),
        *_placed("HassSetVolumeRelative", ("(turn|bring|crank|make) ({louder:volume_step};<music>) @",
            "make it {louder:volume_step} @"), {"area": "(in [<the>] {area})"}, domain="media_player"),
        *_named("HassSetVolume", ("(turn|set|put) [the] volume (of|on|for) @ [(up|down)] to <full>",
            "(turn|set|put|bring) @ [(up|down)] to <full>",),
            "media_player"),
        *_named("HassMediaNext", ("skip (this|the|to the next) [song|track|one] on @", 
            "(next|skip) (song|track|one) (on|for) @",), "media_player"),
    ]  # fmt: skip


def _named(intent: str, sentences: tuple[str, ...], *domains: str, kind: str = "", **slots: Any) -> list:
    block = {
        "sentences": [text.replace("@", "[<the>] {name}") for text in sentences],
        "slots": slots,
        "requires_context": {"domain": list(domains)},
        "response": kind,
    }
    return [(intent, block)]


def _placed(intent: str, sentences: tuple[str, ...], places: dict[str, str], kind: str = "", **slots: Any) -> list:
    """A block for each of ``places``; "here" needs the area where the assistant stands."""
    return [
        (
            intent,
            {
                "sentences": [text.replace("@", places[place]) for text in sentences],
                "slots": slots,
                "requires_context": {"area": {"slot": True}} if place == "here" else {},
                "response": kind,
            },
        )
        for place in places
    ]


def content(theirs: dict[str, Any]) -> dict[str, Any]:
    """As hassil takes it; ``theirs``: Home Assistant's own, whose lists and rules are used."""
    intents: dict[str, Any] = {}
    for intent, block in _rows():
        intents.setdefault(intent, {"data": []})["data"].append(block)
    return {
        "language": "en",
        "intents": intents,
        "lists": {**theirs["lists"], **_LISTS},
        "expansion_rules": {**theirs["expansion_rules"], **_RULES},
    }
