"""What it is, whether it listens and keeps what is said: true sentences, where a language model makes up a company."""

from __future__ import annotations

from assistant.skills import Action, Command, Here, command

_WHAT_I_SAY = (
    "(what i say|what we say|what i tell you|me|us|my voice|my words|everything|everything i say|our conversations|"
    "our conversation|this|this conversation|these conversations)"
)

COMMANDS = (
    command(
        "itself.listens", "Says that it hears the microphone while it runs.",
        "(are you|do you) [always] (listening|listen|hear|hearing) [(to|in on)] [(me|us|this|everything)] "
        "(all the time|constantly|all day|non stop|all of the time|secretly|in secret|even when i do not talk to you)",
        "(are you|do you) always (listening|listen) [to (me|us|everything)]",
        "are you (spying|eavesdropping) [on (me|us)]",
        "(is|are) (the|your) microphone [always] on",
    ),
    command(
        "itself.records", "Says what it writes down.",
        f"(do you|are you|will you) (record|recording|save|saving|store|storing|keep|keeping) {_WHAT_I_SAY}",
        f"is {_WHAT_I_SAY} [being] (recorded|saved|stored|written down)",
        f"are {_WHAT_I_SAY} [being] (recorded|saved|stored)",
        "(where|who) (does|do|is|are) (my|our) (data|voice|words|conversations) (go|sent|stored|kept|saved) [to]",
        "(who|does anyone|does anybody|can anyone|can anybody) (hears|hear|sees|see|reads|read) what i say",
    ),
    command(
        "itself.maker", "Says who made it.",
        "(who|what company|which company) (made|created|built|developed|programmed|designed|invented|owns|trained) you",
        "who (is|are) your (maker|creator|owner|developer|developers|inventor|boss|manufacturer)",
        "where (do you come from|are you from|were you made)",
    ),
    command(
        "itself.kind", "Says what sort of thing it is.",
        "are you [really] (chatgpt|chat gpt|chat g p t|gpt|g p t|siri|alexa|gemini|claude|google|google assistant|"
        "cortana|[a] human|[a] [real] person|a robot|a computer|a machine|a chatbot|an ai|a bot|a program|alive)",
        "(what|which) [language] model (are you|do you use|is this|runs here|is running)",
    ),
    command(
        "itself.gas", "Says what to do when it smells of gas.",
        "(i|we) [can|think (i|we)] [really] smell gas [(in|from) [the] {place}]",
        "(it|the {place}) smells (of|like) gas [(in|here)] [here]",
        "(there's|there is) (a smell of gas|a gas leak|gas leaking|gas) [(in|from) [the] {place}]",
    ),
)  # fmt: skip

_SAYS = {
    "itself.listens": "While I run, I hear the microphone. What you say stays on this machine, unless you chose a "
    "service for speech or for answers.",
    "itself.records": "Unless that is switched off, I keep a journal of our words on this machine. The command "
    "assistant history shows it and deletes it.",
    "itself.maker": "I am open software, a program on this machine. The models in me were made by others.",
    "itself.kind": "I am a voice assistant, a program on this machine. The command assistant models shows which "
    "language model answers.",
    "itself.gas": "Touch no switch and make no flame. Open the windows, leave the house, and call the gas emergency "
    "number from outside.",
}


def run(asked: Command, here: Here) -> Action | None:
    return Action(_SAYS[asked.name])
