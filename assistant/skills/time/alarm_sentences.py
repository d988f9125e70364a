"""What is said to alarms."""

from __future__ import annotations

from assistant.skills import command

_SET = "(set|make|create|put on|put|add|turn on|switch on|start|give me|get me|schedule|i need|i want|set up|fix)"
_AN = "[me|us] (an|another|the|my|a new|a)"
_CANCEL = (
    "(cancel|stop|delete|remove|kill|clear|end|turn off|switch off|get rid of|scrap|drop|ditch|forget|shut off|dismiss|"
    "silence|disable|deactivate|never mind|call off|take off)"
)
_THE = "[the|my|that|this|our]"
_WAKE = "(wake me [up]|get me up|get me out of bed|rouse me|wake us [up]|have me (up|awake)|make sure i'm (up|awake))"
_CHANGE = "(change|move|shift|push|reset|switch|bring)"

COMMANDS = (
    command(
        "alarm.set",
        "ring at a time of day, once or on days of every week; it may have a name",
        f"{_SET} {_AN} alarm [clock] {{moment}}",
        f"{_SET} {_AN} alarm [clock] (for|at|to|to go off at|to ring at) {{moment}}",
        f"{_SET} {_AN} {{moment}} alarm",
        f"{_SET} {_AN} alarm [clock] [(for|at|to)] {{moment}} [on|for] {{days}}",
        f"{_SET} {_AN} alarm [clock] [for|on] {{days}} [(at|for)] {{moment}}",
        f"{_SET} {_AN} {{moment}} alarm [for|on] {{days}}",
        f"{_SET} {_AN} alarm [clock] (called|named|labelled|labeled) {{name}} (for|at) {{moment}}",
        f"{_SET} {_AN} alarm [clock] [(for|at)] {{moment}} (called|named|labelled|to|for my|for the) {{name}}",
        f"{_SET} {_AN} {{name}} alarm (for|at) {{moment}}",
        f"{_SET} alarm [for|at] {{moment}}",
        "(put|set|turn|switch|have) (an|the|my) [{name}] alarm on [for] {moment}",
        "[an|the] alarm (for|at) {moment}",
        "[an|the] alarm {moment}",
        "alarm [for|on] {days} [at|for] {moment}",
        "{moment} alarm",
        f"{_WAKE} [again] [at|by|around] {{moment}}",
        f"{_WAKE} [on|for] {{days}} [at|by] {{moment}}",
        f"{_WAKE} [at|by] {{moment}} [on] {{days}}",
        "(i need|i have|i've got|i want|i'd like) to (be up|get up|be awake|wake up|rise|be woken) [at|by] {moment}",
        "(i need|i have|i want) to (be up|get up|wake up) [at|by] {moment} [on] {days}",
        "(don't|do not) let me (sleep|oversleep|sleep in|lie in) (past|after|beyond|later than) {moment}",
        "(make sure i|i need you to make sure i) (get up|wake up) [at|by] {moment}",
        "{moment} (wake me [up]|get me up)",
        f"{_SET} [me|us] (two|2) alarms (for|at) {{moment}} and [for|at] {{moment:other}}",
    ),
    command(
        "alarm.set_hour",
        "ring at the next such hour",
        f"{_SET} {_AN} alarm [clock] (for|to) {{number}}",
        f"{_SET} {_AN} alarm [clock] (for|to) {{number}} [on|for] {{days}}",
        f"{_SET} {_AN} alarm [clock] [for|on] {{days}} for {{number}}",
        f"{_SET} alarm for {{number}}",
        f"{_SET} [me|us] (two|2) alarms (for|at) {{number}} and [for|at] {{number:other}}",
        "alarm for {number}",
        f"{_WAKE} [again] at {{number}}",
    ),
    command(
        "alarm.set_after",
        "ring after a length of time",
        f"{_WAKE} [from my nap] (in|after) {{duration}}",
        f"{_SET} {_AN} alarm [clock] (in|after|for) {{duration}} [from now]",
    ),
    command(
        "alarm.when",
        "ask for when an alarm is to be set that was asked for without a time",
        f"{_SET} {_AN} alarm [clock]",
        f"{_SET} {_AN} {{name}} alarm",
        f"{_SET} {_AN} alarm [clock] (called|named|labelled|labeled) {{name}}",
        f"{_SET} {_AN} alarm [clock] [for|on] {{days}}",
        f"{_WAKE} [on|for] {{days}}",
        "wake me up",
    ),
    command(
        "alarm.to_when",
        "ask to what time an alarm is to be changed",
        f"{_CHANGE} {_THE} [{{name}}] alarm",
        f"{_CHANGE} {_THE} {{moment}} alarm",
    ),
    command(
        "alarm.ask",
        "which alarms there are, and when they ring",
        "(what|which) alarms (do i have|have i got|are there|are|do we have|have i set) [set|on|running]",
        "(list|show|show me|read|read me|read out|tell me|check) [all] [of] [the|my|our] (alarms|alarm)",
        "how many alarms (do i have|have i got|are there|are) [set|on]",
        "(do i have|have i got|are there|is there|did i set|do we have|have i set) [any|some|an|a|my] (alarms|alarm) "
        "[on|set]",
        "(do i have|have i got|is there|did i set|have i set) [an|a|my] alarm [set] [for|at] {moment}",
        "any alarms [on|set]",
        "(when is|when's|what time is|what is|what's|when are|what are) (my|the|our) [next|first] (alarm|alarms) "
        "[set] [for]",
        "(when|what time) (does|will|is) (my|the) [next|{name}] alarm (go off|going off|ring|set for|set|due)",
        "(when|what time) (will you|are you going to|do you) wake me [up]",
        "(when|what time) are you waking me [up]",
        "(when|what time) (do i|am i supposed to|will i) [have to|need to] (get up|be woken|wake up) tomorrow",
        "is (my|the) alarm (on|set) [for] [{moment}]",
        "(are you|will you be) waking me [up] [at|tomorrow]",
        "my alarms",
        "how long [is it|have i got] (until|till|before) (my|the) [next] alarm [(goes off|rings)]",
        "what time's (my|the) alarm",
        "(what time|when) have i [got] (my|the|an) alarm [set] [for]",
        "am i (getting|being|going to be) woken [up] [{moment}]",
    ),
    command(
        "alarm.cancel",
        "drop an alarm, or silence it",
        f"{_CANCEL} {_THE} alarm [clock]",
        f"{_CANCEL} {_THE} {{moment}} alarm",
        f"{_CANCEL} {_THE} alarm [for|at|set for] {{moment}}",
        f"{_CANCEL} {_THE} {{name}} alarm",
        f"{_CANCEL} {_THE} alarm (called|named|for|for the|for my|of) {{name}}",
        f"skip {_THE} [{{name}}] alarm [on|for|of] {{moment}}",
        f"skip {_THE} {{moment}} alarm",
        f"(turn|switch|shut) {_THE} [{{name}}] alarm off",
        "(don't|do not|no need to|you needn't|you don't need to) wake me [up] [at|in] [{moment}]",
        "[i] (don't|do not|no longer) need (the|my|that) alarm [any more|anymore] [{moment}]",
        "no alarm {moment}",
    ),
    command(
        "alarm.cancel_all",
        "drop all alarms",
        f"{_CANCEL} [all|both|every] [of] {_THE} alarms",
        f"{_CANCEL} (all|every|every single|each) alarm",
        f"(turn|switch) [all] {_THE} alarms off",
        "no more alarms",
        destructive=True,
    ),
    command(
        "alarm.change",
        "let an alarm ring at another time",
        f"{_CHANGE} {_THE} [{{name}}] alarm [back|forward] (to|for) {{moment}} [instead]",
        f"(change|move|shift|switch) {_THE} alarm from {{moment:old}} to {{moment}}",
        f"(change|move|shift|switch) {_THE} alarm from {{number:old}} to {{number}}",
        f"(make|have) {_THE} [{{name}}] alarm [go off|ring] [at] {{moment}} [instead]",
        "wake me [up] {moment} instead",
        f"{_CHANGE} {_THE} [{{name}}] alarm [back|forward] (to|for) {{number}} [instead]",
    ),
    command(
        "alarm.later",
        "let an alarm ring later by a length of time",
        f"(make|set|move|push|put|shift) {_THE} [{{name}}] alarm [back|out] [by] {{duration}} [later|back]",
        f"(delay|postpone|push back) {_THE} [{{name}}] alarm [by|for] {{duration}}",
        "wake me [up] {duration} later",
    ),
    command(
        "alarm.earlier",
        "let an alarm ring earlier by a length of time",
        f"(make|set|move|bring|put|pull) {_THE} [{{name}}] alarm [forward|ahead] [by] {{duration}} (earlier|sooner)",
        f"(bring|move|pull) {_THE} [{{name}}] alarm (forward|ahead) [by] {{duration}}",
        "wake me [up] {duration} (earlier|sooner)",
    ),
    command(
        "alarm.snooze",
        "silence what rings, and ring again in a few minutes",
        "snooze [it|that|again]",
        f"snooze {_THE} [{{name}}] (alarm|timer|reminder)",
        f"snooze [(it|that|{_THE} alarm)] [for] [another] {{duration}}",
        "(hit|press) [the] snooze [button]",
        "let me sleep [in|on] [for] [a bit|a little|a while] [longer|more]",
        "let me sleep [for|on for|in for] [another] {duration} [more|longer]",
        "wake me [up] again (in|after) {duration}",
        "(a few|a couple) more minutes",
    ),
)
