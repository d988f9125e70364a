"""Commands to match against, as many skills might bring them."""

from __future__ import annotations

from assistant.skills import Sentences, command

COMMANDS: tuple[Sentences, ...] = (
    command(
        "timer_set",
        "Set a timer.",
        "(set|start|make|create|begin|put on) [(a|the|another|my)] [new] timer (for|of) {duration} "
        "[(called|named|for the) {name}]",
        "(set|start|make|create|begin|put on) (a|an|another|the) {duration} timer [(called|named|for the) {name}]",
        "(set|start|make|create) (a|the|my) {name} timer (for|of) {duration}",
        "timer [for] {duration}",
        "{duration} timer",
        "(set|start) {duration} on the (clock|timer)",
        "(count down|countdown) [from] {duration}",
        "(wake|tell|call|ping|warn|alert) me (in|after) {duration}",
        "let me know (in|after) {duration}",
        "i need [a] {duration} timer",
    ),
    command(
        "timer_left",
        "How long a timer still runs.",
        "how (long|much time) [is] [left] (on|for) [(the|my)] [{name}] timer",
        "how (long|much time|many minutes) (is|are|do i have|have i got|does it have) left "
        "[on (the|my) [{name}] timer]",
        "(when will|when does) [(the|my)] [{name}] timer (go off|ring|end|finish|run out)",
        "how is (the|my) [{name}] timer (doing|going)",
        "(what|which) timers (do i have|are (on|set|running))",
    ),
    command(
        "timer_cancel",
        "Cancel a timer.",
        "(cancel|stop|delete|remove|kill|end|clear|turn off) (the|my|that) [{name}] timer",
        "(cancel|stop|delete|remove|kill|end|clear|turn off) all [(the|my|of my)] timers",
        "(cancel|stop|kill) (the|my) timer (for|called|named) [the] {name}",
    ),
    command(
        "timer_change",
        "Change a timer.",
        "(add|put) {duration} (to|on) (the|my) [{name}] timer",
        "(add|give me|i need) [another] {duration} [more]",
        "(take|remove) {duration} (off|from) (the|my) [{name}] timer",
        "make (it|the [{name}] timer) {duration} (longer|shorter)",
    ),
    command("pause", "Pause a timer.", "(pause|hold|resume|continue|unpause) (the|my) [{name}] timer"),
    command(
        "alarm_set",
        "Set an alarm.",
        "(set|make|create) (an|the|another|my) alarm (for|at|on) {moment}",
        "wake me [up] [at] {moment}",
        "alarm (for|at) {moment}",
    ),
    command("alarm_cancel", "Cancel an alarm.", "(cancel|delete|turn off|remove) (the|my) [{moment}] alarm"),
    command("snooze", "Ring again later.", "snooze", "snooze for {duration}", "(give me|five) more minutes [of sleep]"),
    command(
        "remind",
        "Remind of something.",
        "remind me to {task} [(at|on|in)] {moment}",
        "remind me {moment} to {task}",
        "remind me to {task}",
        "remind me (about|of) {task} [(at|on)] {moment}",
        "(set|make|create) a reminder (to|for) {task}",
        "do not let me forget to {task}",
    ),
    command("reminders", "Which reminders there are.", "(what are|read [me]|list|show) my reminders"),
    command(
        "time",
        "The time.",
        "what time is it [now]",
        "what is the time [now]",
        "[do] you have the time",
        "(tell|give) me the time",
    ),
    command(
        "date",
        "The date.",
        "what (day|date) is (it|today|it today)",
        "what is (today's date|the date|the date today)",
        "which day is (it|today)",
        "what day of the week is (it|today)",
    ),
    command("time_in", "The time elsewhere.", "what (time is it|is the time) in {city}"),
    command(
        "until",
        "How long until then.",
        "how (long|many days|many weeks|much longer) (is it|are there|is there) (until|till|to) {moment}",
    ),
    command(
        "list_add",
        "Put something on a list.",
        "(add|put|write|stick|get) {items} (to|on|onto|in) (the|my|our) [{list}] list",
        "(add|put|write) {items} (to|on|onto) {list} list",
        "we (need|are out of|have run out of) [(more|some)] {items} for the [{list}] list",
    ),
    command(
        "list_read",
        "What stands on a list.",
        "what is on (the|my|our) [{list}] list",
        "(read|tell) [me] (the|my|our) [{list}] list",
        "(is|are) (there|) {items} on (the|my|our) [{list}] list",
    ),
    command(
        "list_remove",
        "Take something off a list.",
        "(remove|delete|take|cross|strike|tick) {items} (from|off) (the|my|our) [{list}] list",
        "(clear|empty|delete) (the|my|our) [{list}] list",
        destructive=True,
    ),
    command(
        "sum",
        "Sums.",
        "what is {number} (plus|minus|times|divided by|over) {number:other}",
        "(how much|what) is {number} (plus|minus|times|divided by) {number:other}",
        "{number} (plus|minus|times|divided by) {number:other}",
        "(what|how much) is {number} percent (of|off) {number:other}",
        "[what is] the square root of {number}",
    ),
    command(
        "convert",
        "Units.",
        "(convert|change|turn) {number} {unit} (to|into|in) {other}",
        "how many {other} (are|is|are there|is there) in {number} {unit}",
        "how many {other} (are|is) {number} {unit}",
        "what is {number} {unit} in {other}",
    ),
    command(
        "volume",
        "How loud.",
        "(louder|quieter|softer)",
        "(turn|put) (it|the volume) (up|down) [a bit]",
        "turn (up|down) the volume",
        "(set|turn|put) [the] volume to {number} [percent]",
        "volume {number} [percent]",
        "[speak] (a bit|a little|much) (louder|quieter|softer)",
        "mute [yourself]",
    ),
    command(
        "rate",
        "How fast.",
        "[(speak|talk)] [(a bit|a little)] (faster|slower|more slowly|more quickly)",
        "slow down",
        "speed up",
    ),
    command(
        "repeat",
        "Again.",
        "(say|repeat) that [again]",
        "repeat",
        "what did you [just] say",
        "[i beg your] pardon",
        "come again",
    ),
    command(
        "stop", "Silence.", "stop", "be quiet", "shut up", "that is enough", "stop (talking|it|that)", "never mind"
    ),
    command("sleep", "Sleep.", "go to sleep", "stop listening", "sleep now"),
    command("goodbye", "End.", "(goodbye|bye|bye bye|see you [later]|good night)"),
    command(
        "language",
        "Another language.",
        "(speak|talk) [in] (german|french|english)",
        "(switch|change) to (german|french|english)",
    ),
    command(
        "documents",
        "Look it up.",
        "what do (my|your|the) documents say about {topic}",
        "(look|search) in (my|your) documents for {topic}",
    ),
    command(
        "remember",
        "Remember.",
        "remember that {fact}",
        "(please note|make a note) that {fact}",
        "[please] remember my {thing} is {value}",
    ),
    command("forget", "Forget.", "forget (that|it)", "forget (everything about|what i said about) {topic}"),
    command("known", "What is remembered.", "what do you (know|remember) about (me|my {topic})"),
    command(
        "light",
        "Lights.",
        "(turn|switch) (on|off) [(the|my|all [the])] [{area}] (light|lights|lamp|lamps)",
        "(turn|switch) [(the|my|all [the])] [{area}] (light|lights|lamp|lamps) (on|off)",
        "(turn|switch) (on|off) [the] (light|lights) in the {area}",
        "[(the|all)] lights (on|off)",
        "(dim|brighten) [the] [{area}] (light|lights) [to {number} [percent]]",
        "(set|put) [the] [{area}] (light|lights) to {number} percent",
    ),
    command(
        "blinds",
        "Blinds.",
        "(open|close|raise|lower|shut) [(the|my|all [the])] [{area}] (blinds|curtains|shutters|blind|shades)",
    ),
    command(
        "heating",
        "Heating.",
        "(set|turn|put) [the] [{area}] (heating|temperature|thermostat) (to|up to|down to) {number} [degrees]",
    ),
    command("scene", "Scenes.", "(activate|start|turn on) [the] {scene} (scene|mode)"),
    command(
        "media",
        "Music.",
        "(play|pause|resume|stop) [the] (music|song|radio|television)",
        "(next|previous|skip this) (song|track)",
    ),
    command("coin", "A coin.", "(flip|toss) a coin", "heads or tails", "(roll|throw) (a|the) (die|dice)"),
    command("thanks", "Thanks.", "thank you [(very much|so much)]", "thanks [a lot]"),
    command("able", "What it can.", "what can you do [for me]", "what can i (say|ask [you])", "who are you"),
)

_THINGS = (
    "fan heater kettle oven radio printer charger pump sprinkler doorbell dryer washer fridge projector camera speaker "
    "fountain router humidifier toaster vacuum mower gate garage aquarium boiler freezer"
).split()


def many() -> tuple[Sentences, ...]:
    """As many as a house full of skills has: more than 500 sentences."""
    return COMMANDS + tuple(
        command(
            f"{thing}_{number}",
            f"The {thing}.",
            f"(turn|switch) (on|off) [(the|my)] [{{area}}] {thing}",
            f"(turn|switch) [(the|my)] [{{area}}] {thing} (on|off)",
            f"(is|are) (the|my) {thing} (on|off|running)",
            f"(start|stop|pause) (the|my) {thing} [(for|in) {{duration}}]",
            f"(set|put) (the|my) {thing} to {{number}} [percent]",
            f"how (warm|hot|fast|loud) is (the|my) {thing}",
            f"(open|close|shut|lock) (the|my) {thing} [(at|on)] {{moment}}",
        )
        for number, thing in enumerate(_THINGS * 2)
    )
