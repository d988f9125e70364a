"""What people say of timers."""

from __future__ import annotations

from assistant.skills import command

_SET = "(set|start|make|create|begin|run|put on|put|do|give me|get me|add|fire up|kick off|get|stick on|i need|i want)"
_A = "[me|us] (a|an|another|the|one more|my|a new)"
_CANCEL = (
    "(cancel|stop|delete|remove|kill|clear|end|turn off|switch off|get rid of|scrap|drop|abort|ditch|forget|lose|"
    "shut off|dismiss|scratch|silence|quit|never mind|reset|erase|take off|shut up|call off)"
)
_THE = "[the|my|that|this|our]"
_WANT = "give me|gimme|i need|i want|i'd like|let me have"
_HOW_LONG = (
    "how (long|much time|much longer|many minutes|much) [is|are|have i got|do i have|has it got|have we got|is there]"
)
_TELL = (
    "(ping|buzz|beep|alert|tell|notify|warn|nudge|shout at|holler at|poke|bleep|signal) me|"
    "(give|send) me a (shout|ping|buzz|nudge|beep|signal|bell|heads up)|let me know"
)

COMMANDS = (
    command(
        "timer.set",
        "start a timer that rings after a length of time; it may have a name",
        f"{_SET} {_A} timer [for|of|to|at|with|going for|running for|that goes for] {{duration}}",
        f"{_SET} [me|us] timer [for|of|to|at] {{duration}}",
        f"{_SET} {_A} [new] {{duration}} timer",
        f"{_SET} [me] {{duration}} timer",
        f"{_SET} {_A} timer (for|of|to|at) {{duration}} (called|named|for|labelled|labeled|and call it|for the|for my) "
        "{name}",
        f"{_SET} {_A} {{duration}} timer (called|named|for|labelled|labeled|and call it|for the|for my) {{name}}",
        f"{_SET} {_A} timer (called|named|labelled|labeled) {{name}} (for|of|to|at) {{duration}}",
        f"{_SET} {_A} timer (for|for the|for my) {{name}} (for|of|to|at) {{duration}}",
        f"{_SET} {_A} {{name}} timer (for|of|to|at) {{duration}}",
        f"{_SET} [me] {{name}} timer (for|of|to|at) {{duration}}",
        f"{_SET} {_A} {{duration}} {{name}} timer",
        "(put|stick|set|get|pop|turn|switch|have) (a|the|my|another) [{name}] timer on [for] {duration}",
        "(put|stick|set|get|pop|turn|switch|have) (a|the|my|another) timer on [for] {duration} for [the|my] {name}",
        "[a|the] timer (for|of) {duration}",
        "timer {duration}",
        "[a] {duration} timer",
        "[a] {duration} timer for [the|my] {name}",
        "[the] {name} timer [for] {duration}",
        "timer for [the|my] {name} [for] {duration}",
        "{duration} on the (clock|timer)",
        "{duration} for (the|my) {name} [timer]",
        "set [the|my] timer (to|for|at) {duration}",
        "(put|set) {duration} on (the|a|my) (clock|timer)",
        "(count down|countdown|count down from|count) [from|of] {duration}",
        "(start|do|run|begin) a countdown (of|for|from) {duration}",
        "(start|begin) a {duration} countdown",
        "time {duration} [for me]",
        "time [the|my] {name} for {duration}",
        f"({_TELL}) (in|after) {{duration}}",
        f"({_TELL}) when {{duration}} (is|are|has|have) (up|over|passed|gone|gone by|elapsed)",
        "(in|after) {duration} (ping|buzz|beep|alert|notify|warn|nudge|tell) me",
        "(start|begin) timing {duration}",
        "(go off|ring|beep) in {duration}",
    ),
    command(
        "timer.set_minutes",
        "start a timer of so many minutes",
        f"({_TELL}) in {{number}}",
        "timer for {number}",
        f"{_SET} {_A} timer (for|of) {{number}}",
    ),
    command(
        "timer.for_how_long",
        "ask how long a timer is to run that was asked for without a length",
        f"{_SET} {_A} timer",
        "(start|set) (the|a) (clock|countdown)",
        f"{_SET} {_A} {{name}} timer",
        f"{_SET} {_A} timer for [the|my] {{name}}",
    ),
    command(
        "timer.ask",
        "how much time is left on a timer",
        f"{_HOW_LONG} [left|to go|remaining] [on|of|for|in] {_THE} timer",
        f"{_HOW_LONG} [left|to go|remaining] (on|of|for|in) {_THE} {{name}} [timer]",
        f"{_HOW_LONG} (left|to go|remaining)",
        f"how (long|much longer|much time) (does|has) {_THE} {{name}} [timer] (have|got) [left|to go|still]",
        f"how (long|much longer|much time) (does|has) {_THE} timer (have|got) [left|to go|still]",
        f"how (long|much longer|soon) [is it] (until|till|before) {_THE} [{{name}}] timer (is up|goes off|ends|"
        "is done|rings|runs out|finishes|is over|beeps)",
        f"how (long|much longer) (until|till|before) {_THE} {{name}} (is|are) (done|ready|finished|cooked|up)",
        f"(what is|what's|whats) [the time] (left|remaining) (on|of) {_THE} [{{name}}] timer",
        f"(what is|what's) {_THE} [{{name}}] timer (at|on|up to|doing)",
        f"(how is|how's|where is|where's|check [on]|show me|read me) {_THE} [{{name}}] timer [doing|at|coming along]",
        f"(when|what time) (does|will|is) {_THE} [{{name}}] timer (go off|going off|ring|end|finish|up|done|run out)",
        f"(is|has) {_THE} [{{name}}] timer (done|finished|over|up|gone off|nearly done) [yet]",
        f"is {_THE} [{{name}}] timer [still] (running|going|on)",
        f"[the] (time|minutes) (left|remaining) [on {_THE} [{{name}}] timer]",
        f"how long (left|to go) on {_THE} {{duration:length}} timer",
        f"how (long|much time|much longer) [is] [left] (on|for) {_THE} {{duration:length}} timer",
        "timer status",
    ),
    command(
        "timer.list",
        "which timers there are",
        "(what|which) timers (do i have|have i got|are there|are|do we have|have i set) [running|going|set|on]",
        "(list|show|show me|read|read me|read out|tell me|say|check) [all] [of] [the|my|our] [running] timers",
        "how many timers (do i have|have i got|are there|are running|are on|are set|are going) [running|going|set|on]",
        "(do i have|have i got|are there|did i set|do we have) [any|some|a] (timers|timer) [running|on|going|set]",
        "any timers [running|on|going|set]",
        "(what are|what're) (my|the|all my) timers [doing]",
        "(what is|what's) (running|ticking) (on|with) [the|my] timers",
        "my timers",
    ),
    command(
        "timer.add",
        "let a timer run longer by a length of time",
        f"(add|put|stick|tack|bung|pop) [another|an extra] {{duration}} [more] (to|onto) {_THE} timer",
        f"(add|put|stick|tack|bung|pop) [another|an extra] {{duration}} [more] (to|onto) {_THE} {{name}} [timer]",
        f"(add|put|stick|tack) [another] {{duration}} [more] (to|onto) {_THE} {{duration:length}} timer",
        f"(extend|lengthen|increase|prolong) {_THE} [{{name}}] timer by {{duration}}",
        f"(extend|lengthen|increase|prolong) {_THE} [{{name}}] timer [for] [another] {{duration}}",
        f"(make|let|run|keep) {_THE} [{{name}}] timer [run|go|going] [for|on for] {{duration}} (longer|more)",
        f"(give|gimme|allow) {_THE} [{{name}}] timer {{duration}} [more|longer|extra]",
        "(give|allow) (the|my) {name} {duration} [more|longer]",
        f"({_WANT}|make it|make that) [another|an extra] {{duration}} [more|longer] [(on|for|to) (it|that)]",
        f"({_WANT}) [another|an extra] {{duration}} [more|longer] (on|for) {_THE} {{name}} [timer]",
        "[another] {duration} (more|longer) [on|for] [the] [{name}] [timer]",
        "(add|plus) [another|an extra] {duration} [more]",
        "(another|an extra) {duration}",
        "[just|only] {number} more (minutes|minute|mins) [(on|for|to) [the|my] {name}]",
        f"({_WANT}) [just] {{number}} more (minutes|minute|mins) [(on|for|to) [the|my] {{name}}]",
    ),
    command(
        "timer.take",
        "let a timer run shorter by a length of time",
        f"(take|knock|cut|shave|remove|subtract|deduct) {{duration}} (off|from|off of) {_THE} [{{name}}] timer",
        f"(take|knock|cut|shave) {{duration}} off {_THE} {{name}}",
        f"(shorten|reduce|decrease|cut|lower) {_THE} [{{name}}] timer by {{duration}}",
        f"(make|let) {_THE} [{{name}}] timer [run] {{duration}} (shorter|less)",
        "(make it|make that) {duration} (shorter|less)",
    ),
    command(
        "timer.change",
        "let a timer run for so long from now",
        f"(change|set|switch|make|reset|adjust|turn|put) {_THE} [{{name}}] timer (to|into|for) {{duration}} [instead]",
        f"(change|switch|make|turn) {_THE} {{duration:length}} timer (to|into) [a] {{duration}} [timer] [instead]",
        "(make|change) (it|that) [to] {duration} instead",
    ),
    command(
        "timer.cancel",
        "stop and drop a timer",
        f"{_CANCEL} {_THE} timer [again]",
        f"{_CANCEL} {_THE} {{name}} timer",
        f"{_CANCEL} {_THE} {{duration:length}} timer",
        f"{_CANCEL} {_THE} timer (for|called|named|on) [the|my] {{name}}",
        f"{_CANCEL} {_THE} timer for {{duration:length}}",
        f"(turn|switch|shut) {_THE} [{{name}}] timer off",
        "[i] (don't|do not|no longer) need (the|my|that) [{name}] timer [any more|anymore|any longer]",
        "no more timer",
    ),
    command(
        "timer.cancel_all",
        "stop and drop all timers",
        f"{_CANCEL} [all|both|every] [of] {_THE} timers",
        f"{_CANCEL} (all|every|every single|each) timer",
        f"(turn|switch) [all] {_THE} timers off",
        "no more timers",
        destructive=True,
    ),
    command(
        "timer.pause",
        "hold a timer, until it is resumed",
        f"(pause|hold|freeze|suspend|halt) {_THE} [{{name}}] timer [for now|for a moment|for a bit]",
        f"(pause|hold|freeze) {_THE} {{duration:length}} timer",
        f"put {_THE} [{{name}}] timer on (hold|pause)",
    ),
    command(
        "timer.resume",
        "let a timer that is on hold run on",
        f"(resume|continue|unpause|unfreeze|carry on with|carry on|go on with) {_THE} [{{name}}] timer",
        f"(resume|continue|unpause) {_THE} {{duration:length}} timer",
        f"(start|let) {_THE} [{{name}}] timer (again|run on|go on|carry on|continue)",
    ),
    command(
        "timer.restart",
        "let a timer run from its beginning again",
        f"(restart|redo|rerun|start over|begin again) {_THE} [{{name}}] timer",
        f"(start|run) {_THE} [{{name}}] timer (over|from the start|from the beginning|from the top|anew)",
        "(set|start|do) the same timer again",
    ),
)
