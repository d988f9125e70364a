"""What it is, whether it listens and keeps what is said: true sentences, where a language model makes up a company."""

from __future__ import annotations

from assistant.skills import Action, Command, Here, command
from assistant.skills.values.tongues import Tongue

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
        "itself.private", "Says where the words go.",
        "(is|are) (this|this conversation|our conversation|our conversations|what i say|my data|my words) [kept] "
        "(private|safe|secret|confidential)",
        "(do you|will you|are you) (send|sending|share|sharing|sell|selling|upload|uploading|give|giving) (my data|my "
        "words|my voice|what i say|anything|this|this conversation|our conversations) [(to|with|in|into)] "
        "[(anyone|anybody|others|other people|the cloud|the internet|a server|someone|somebody|google|openai|a company|"
        "companies)]",
        "(who|who else|can anyone|can anybody|does anyone|does anybody) [can] (hear|hears|listen to|listens to|read|"
        "reads) (this|us|me|this conversation|our conversation|our conversations)",
    ),
    command(
        "itself.online", "Says whether it uses the internet.",
        "(are you|are we) (online|offline|connected to the (internet|web|network)|on the internet)",
        "do you (need|use|have|require) [an] [(the|access to the)] (internet|internet connection|internet access)",
        "(can|do) you (search|browse|surf|use|access) [(on|in)] the (web|internet|net)",
        "(can|do) you (work|run) (offline|without [the] internet|without [an] internet connection)",
        "can you (google|look up) (things|something|anything) [(on the internet|online)]",
    ),
    command(
        "itself.sees", "Says that it has no camera.",
        "(can|do) you see (me|us|anything|my face|this|the room|my screen|what i am doing|what i'm doing)",
        "(do you have|have you got) (a camera|eyes|cameras)",
        "(are you|is anybody|is somebody) (watching|looking at|filming) (me|us)",
        "what (do|can) you see [right now]",
    ),
    command("itself.hears", "Says that words reach it.", "[hello] (can|do) you hear me [now]", "do you copy"),
    command(
        "itself.tongues", "Says which languages it knows.",
        "(what|which|how many) [other] languages (do|can) you (speak|know|understand)",
        "(do|can) you (speak|understand|know) [(any|other|another|more|foreign)] (languages|language)",
        "do you (speak|understand) {tongue}",
    ),
    command(
        "itself.age", "Says that it has no age.",
        "how old are you",
        "(when|what day) (is your birthday|were you (born|made|built|created))",
        "what is your age",
    ),
    command(
        "itself.knowledge", "Says what decides how much it knows.",
        "(what is|when is|what's|when's) your [knowledge] (cutoff|cut off|cutoff date|training cutoff)",
        "how (up to date|current|recent) (are you|is your knowledge|is what you know)",
    ),
    command(
        "itself.remembers", "Says what it remembers from one conversation to the next.",
        "(can|do) you remember (things|anything|me|what i (say|said|tell you|told you)|our (last|previous|earlier) "
        "(conversation|conversations|chat)|(yesterday|last time))",
        "(do you have|have you got) a [good] memory",
        "what did we (talk|speak|chat) about (yesterday|last time|earlier|before|last week|the other day|this morning)",
        "what did (i|we) (say|ask|ask you|tell you|discuss) (yesterday|last time|last week|the other day)",
    ),
    command(
        "itself.deletes", "Says how the journal is deleted.",
        "(delete|erase|clear|remove|wipe) (my|our|the|your|all my|all our) [(chat|conversation|whole)] "
        "(history|conversations|recordings|journal|data)",
        "(stop recording|do not record|don't record) [(me|us|this|what i say|anything)]",
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
    "itself.private": "What we say stays on this machine, unless you chose a service for speech or for answers. The "
    "command assistant history shows what I keep of it.",
    "itself.online": "I look nothing up on the internet. I work on this machine alone, unless you chose a service for "
    "speech or for answers.",
    "itself.sees": "I have no camera and see nothing.",
    "itself.hears": "Yes, your words reach me.",
    "itself.tongues": "My commands work in English, German, French, Spanish and Italian. What else I understand "
    "depends on the models I run with.",
    "itself.age": "I am a program, and have no age.",
    "itself.knowledge": "That depends on the language model; the command assistant models shows which one answers.",
    "itself.remembers": "I remember what you ask me to; say, for example: remember that my sister is called Anna. The "
    "command assistant history shows what was said earlier.",
    "itself.deletes": "I cannot do that from here. The command assistant history deletes it; with enabled set to false "
    "under journal in config dot toml nothing is written down.",
    "itself.gas": "Touch no switch and make no flame. Open the windows, leave the house, and call the gas emergency "
    "number from outside.",
}


_FORGETS = "When our conversation is over, I remember nothing of it."
"""Where there is no memory, as in the kiosk."""


def run(asked: Command, here: Here) -> Action | None:
    if asked.name == "itself.online" and here.has_tools:
        return None  # one of them may
    if asked.name == "itself.tongues" and not isinstance(asked.values.get("tongue"), Tongue | None):
        return None
    if asked.name == "itself.remembers" and here.memory is None:
        return Action(_FORGETS)
    return Action(_SAYS[asked.name])
