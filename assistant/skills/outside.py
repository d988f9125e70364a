"""What nobody can know who has no tool for it: the weather, the news, traffic, prices on a market, who won."""

from __future__ import annotations

from assistant.skills import Action, Command, Here, command

_DAY = "(monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_WHAT = "(what is|what's|how is|how's|what will|how will|tell me|give me|check|do you know|can you tell me|what about)"
_WHEN = (
    f"(right now|now|today|tonight|tomorrow|outside|out there|here|at the moment|this (morning|afternoon|evening|week|"
    f"weekend)|on the weekend|at the weekend|later|later today|next week|[on] {_DAY}|tomorrow (morning|"
    "afternoon|evening|night)|for (today|tonight|tomorrow|the weekend|this week|next week))"
)
_WEATHER = "(weather|weather forecast|forecast|temperature outside|outside temperature|weather report)"
_WET = (
    "(rain|snow|hail|storm|freeze|be (sunny|rainy|cold|hot|warm|windy|cloudy|dry|wet|icy|foggy|nice out|nice outside))"
)

COMMANDS = (
    command(
        "outside.weather",
        "Says that the weather cannot be seen from here. Only for questions about the weather now or on coming days.",
        f"{_WHAT} the {_WEATHER} [be] [like] [{_WHEN}]",
        f"(what is|what's|how is|how's) the weather [like|doing|looking] [{_WHEN}] [in {{place}}]",
        f"[the] {_WEATHER} [{_WHEN}] [please]",
        f"(is it|will it|is it going to|is it gonna) {_WET} [{_WHEN}] [in {{place}}]",
        "is it (raining|snowing|sunny|windy|cold|hot|warm|freezing|cloudy|icy|foggy) (outside|out|out there) [now]",
        "is it (raining|snowing) [now|right now|here]",
        f"(do|will) i need (an umbrella|a coat|a jacket|a raincoat|sunscreen|my umbrella) [{_WHEN}]",
        f"should i (take|bring|wear) (an umbrella|a coat|a jacket|a raincoat|my umbrella) [{_WHEN}]",
        "how (hot|cold|warm|windy) (is it|will it be|is it going to be) (outside|out|out there|tomorrow|tonight)",
    ),
    command(
        "outside.news",
        "Says that news, traffic, scores and prices of the day cannot be seen from here.",
        "(what is|what's|what are|tell me|give me|read me) [the] [latest|today's] (news|headlines) [today|now]",
        "(what is|what's) (new|happening|going on) in the world [today|right now|now]",
        "(how is|how's|what is|what's) [the] traffic [like] [today|right now|now|on the way to work]",
        f"who won [the] (game|match|race) (last night|yesterday|today|[on] {_DAY})",
        "(what is|what's) the [current] (price of (bitcoin|gold|oil)|bitcoin price|gold price) [today|now|right now]",
    ),
)


def run(asked: Command, here: Here) -> Action | None:
    if here.has_tools or here.documents is not None:
        return None
    thing = "the weather" if asked.name == "outside.weather" else "that"
    return Action(
        f"I cannot see {thing} from here, and I will not guess. The page docs/TOOLS.md tells how to give me a tool."
    )
