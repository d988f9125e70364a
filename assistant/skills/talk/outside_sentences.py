"""What people say when they want to know or have what only a tool can give: see outside.py."""

from __future__ import annotations

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
_NOW = "(today|now|right now|at the moment|currently|this (morning|afternoon|week)|yesterday)"
_IS = "(what is|what's|whats|what are|how is|how's|how are|tell me|give me|check|show me|look up|get me|do you know)"
_LATEST = "[the] [(current|latest|live|actual|newest|today's)]"
_INDEX = (
    "(stock market|stock markets|stock exchange|markets|dow|dow jones|nasdaq|ftse|ftse 100|footsie|dax|s and p|s and p "
    "500|nikkei|cac 40|euro stoxx)"
)
_COIN = "(bitcoin|bitcoins|ethereum|ether|dogecoin|litecoin|solana|gold|silver|oil|crude oil|brent|petrol|gas|diesel)"
_RING = "(call|phone|telephone|ring|dial|facetime|skype|video call|call up|phone up|ring up|call back|ring back|redial)"
_BY = "[(on|at) (his|her|their|the) (mobile|mobile phone|cell|cell phone|phone|work|home|office|landline|number)]"
_SOON = "[(now|right now|for me|please|again|straight away)]"
_NOTE = "(text|text message|message|sms|email|mail|whatsapp|whatsapp message|voice message)"
MUSIC = (
    "music|songs?|tunes?|albums?|playlists?|tracks?|radio|podcasts?|audiobooks?|jazz|rock|pop|classical|hip "
    "hop|rap|blues|"
    "country|techno|soul|funk|reggae|metal|folk|opera|disco|indie|ambient|carols|lullaby|lullabies|spotify|youtube|"
    "soundtrack|symphony|concerto"
)
"""A regular expression: words of which one says that music is wanted."""
_MUSIC = (
    "(music|song|songs|tune|tunes|album|playlist|radio|podcast|audiobook|jazz|rock|rock music|pop|pop music|classical|"
    "classical music|hip hop|rap|blues|country|country music|techno|soul|funk|reggae|metal|heavy metal|folk|folk music|"
    "opera|disco|indie|house music|piano music|dance music|christmas music|christmas songs|carols|lullaby|lullabies)"
)
_WISH = "i want to hear|i want to listen to|i'd like to hear|i'd like to listen to|i feel like listening to|can i hear"
_SOME = "[(some|a bit of|a little|a|the|my|more|something|any|our)]"
_THERE = "[(in|on) the (kitchen|living room|bedroom|bathroom|office|speaker|speakers|stereo|television|hall|garden)]"

_MACHINE = "(computer|pc|laptop|machine|mac|phone|tablet)"
_FILE = "(file|folder|document|pdf|spreadsheet|presentation|attachment|web page|tab)"
_PROGRAM = "(browser|web browser|chrome|firefox|safari|word|excel|powerpoint|outlook|terminal|file manager)"

COMMANDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "outside.weather",
        "Says that the weather cannot be seen from here. Only for questions about the weather now or on coming days.",
        (
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
    ),
    (
        "outside.news",
        "Says that news, traffic and scores of the day cannot be seen from here.",
        (
            "(what is|what's|what are|tell me|give me|read me) [the] [latest|today's] (news|headlines) [today|now]",
            "(what is|what's) (new|happening|going on) in the world [today|right now|now]",
            "(how is|how's|what is|what's) [the] traffic [like] [today|right now|now|on the way to work]",
            f"(what is|what's) (in|on) the (news|headlines|papers) [{_WHEN}]",
            f"(what is|what's) on (tv|television|the telly|telly|the radio|at the cinema) [{_WHEN}]",
            f"(when|what time) (does|will) the (sun|moon) (set|rise|come up|go down) [{_WHEN}]",
            f"(when|what time) is [the] (sunset|sunrise|dawn|dusk) [{_WHEN}]",
            "read [me|us] [out] (the|today's|my|this morning's) (newspaper|paper|headlines|news)",
            f"who won [the] (game|match|race) (last night|yesterday|today|[on] {_DAY})",
        ),
    ),
    (
        "outside.shares",
        "Says that prices of shares, coins and goods of today cannot be seen from here.",
        (
            f"{_IS} {_LATEST} {{company}} (share price|stock price|share value|stock value) [doing|at] [{_NOW}]",
            f"{_IS} {_LATEST} (share price|stock price|price of the shares|price of shares) [of|for|at] {{company}} "
            f"[{_NOW}]",
            f"{_IS} {_LATEST} price of [a] {{company}} (share|shares|stock) [{_NOW}]",
            f"(how is|how's|how are) the (stock|shares|share price) of {{company}} [doing|trading] [{_NOW}]",
            "[the] [current|latest] {company} (share price|stock price) [today|now|please]",
            f"(how is|how's|how are|what is|what's|what are|where is|where are) {{company}} (stock|shares"
            f"|share|stocks) "
            f"(doing|at|trading|trading at|worth|going for) [{_NOW}]",
            f"(how is|how's|how are|what is|what's) {{company}} (stock|shares|stocks) {_NOW}",
            f"how (did|have) {{company}} (stock|shares|stocks) (do|done|close|perform|performed) [{_NOW}]",
            f"(is|are) {{company}} (stock|shares|stocks) [going] (up|down) [{_NOW}]",
            f"how much (is|are) {{company}} (stock|shares|a share) (worth|trading at|going for) [{_NOW}]",
            f"how much (is|are) (one|a) {{company}} share [worth|trading at] [{_NOW}]",
            f"(how much is|what is|what's) (a|one) (share|stock) (of|in) {{company}} [worth|trading at] [{_NOW}]",
            f"(how is|how's|how are|what is|what's|where is|where's|what are|check) [the] {_INDEX} "
            f"(doing|at|standing|looking|standing at|trading at) [{_NOW}]",
            f"(how is|how's|how are|check) [the] {_INDEX} [{_NOW}]",
            f"(what is|what's) [the] {_INDEX} {_NOW}",
            f"(how|what) did [the] {_INDEX} (do|close|close at) [{_NOW}]",
            f"(is|are|did|has|have) [the] {_INDEX} (up|down|open|closed|go up|go down|gone up|gone down|fall"
            f"|fallen|rise|"
            f"risen) [{_NOW}]",
            f"{_IS} {_LATEST} (price of {_COIN}|{_COIN} price) [at] [{_NOW}]",
            f"(how much is|what is|what's) [a|one] {_COIN} (worth|at|trading at) [{_NOW}]",
            f"how much (is|does) [a|one|a liter of|a gallon of|an ounce of] {_COIN} [cost] {_NOW}",
            f"{_IS} {_LATEST} price of {{company}} (today|now|right now|at the moment)",
            "(what is|what's) happening (on|in) the stock market [today|now]",
            "how are my (stocks|shares|investments) [doing] [today|now]",
        ),
    ),
    (
        "outside.call",
        "Says that no calls can be made from here.",
        (
            f"{_RING} {{who}} {_BY} {_SOON}",
            "(call|phone|ring|dial|shout) for (help|a ambulance|the police|the fire brigade)",
            "give {who} a (call|ring|bell|phone call|video call)",
            "(make|place|start|put through) a [phone|video|conference] call [(to|with) {who}]",
            "get {who} on the (phone|line)",
            "(answer|pick up) the (phone|call|telephone)",
            "(hang up|put down) the (phone|call|telephone)",
            "put me through to {who}",
        ),
    ),
    (
        "outside.message",
        "Says that no messages can be sent from here.",
        (
            "(text|email|whatsapp|message) {who} [that|saying|to say|about] {message}",
            "(text|email|whatsapp|message) {who}",
            "(text|message|email) {who} (i'll|i'm|i am|i will|i have|i've|we'll|we will|we are|we're|the|to) {message}",
            f"send {{who}} [a|another|an] {_NOTE} [(saying|that says|that|to say|about) {{message}}]",
            f"send [a|another|an] {_NOTE} to {{who}} [(saying|that says|that|to say|about) {{message}}]",
            f"send [a|another|an] {_NOTE}",
            "send {who} (the|my|our|this|that|a|an) (minutes|file|files|document|documents|report|photo|photos|picture|"
            "pictures|invoice|link|address|details|list|shopping list|notes|slides|agenda)",
            "(answer|reply to) [(the|my|his|her|that)] [last] (text|message|email|mail)",
        ),
    ),
    (
        "outside.inbox",
        "Says that mail, messages and the calendar cannot be seen from here.",
        (
            "(read|check|show|open|read out|play) [me|out] [my|the|our] [new|latest|last|unread] (messages"
            "|texts|emails|"
            "email|mail|mails|inbox|voicemail|voicemails|text messages|calendar|schedule|diary)",
            "(do i have|have i got|are there|did i get|is there|any) [any] [new|unread] (messages|emails"
            "|email|mail|texts|"
            "voicemails|missed calls|text messages)",
            "(who|did anybody|did anyone|has anyone|has anybody) (called|rang|texted|emailed|call|ring|text"
            "|email) [me] "
            "[today|while i was out]",
            "(what is|what's|what have i got|what do i have|is there anything|do i have anything) (on|in) (my|the|our) "
            f"(calendar|schedule|diary|agenda) [{_WHEN}]",
            f"(what is|what's) my (schedule|agenda|next appointment|next meeting) [like|look like] [{_WHEN}]",
            f"(what|which) (appointments|meetings) (do i have|have i got|are there) [{_WHEN}]",
            f"(do i have|have i got) [any|a|an] (appointments|meetings|meeting|appointment) [{_WHEN}]",
            "when is my next (appointment|meeting)",
        ),
    ),
    (
        "outside.calendar",
        "Says that there is no calendar to write into.",
        (
            "(add|put|enter|write|note) [(a|an|the|my)] {appointment} (to|in|into|on) (my|the|our) "
            "(calendar|diary|agenda) [(at|on|for|from|today|tomorrow|next) {details}]",
            "(make|create|add) (a|an|another) (calendar entry|calendar event|appointment) "
            "[(for|called|about) {appointment}]",
        ),
    ),
    (
        "outside.machine",
        "Says that it cannot work the computer or the telephone that it runs on.",
        (
            f"(shut down|restart|reboot|lock|log out of|hibernate) (the|my|this) {_MACHINE} {_SOON}",
            "(take|snap|shoot) [me|us] (a|another|my) (picture|photo|selfie|screenshot|video) [of {details}]",
            f"(open|close|print|delete|save|rename) (the|my|a|this|that) {_FILE} [{{details}}] {_SOON}",
            f"(open|close|launch|start) [(the|my|a)] {_PROGRAM} {_SOON}",
            "(open|launch|install|uninstall) the {details} (app|application|program|website)",
        ),
    ),
    (
        "outside.place",
        "Says that it cannot remind at a place.",
        (
            "remind me when (i|we) (get|arrive|come|am|are) (home|back|there|to work|at work|to the shop|at the shop|"
            "to the office|to school) [(to|of|about|that)] {errand}",
        ),
    ),
    (
        "outside.order",
        "Says that nothing can be ordered or booked from here.",
        (
            "order [me|us] (a|an|some|the|another|two|three) {ware} [(from|on|off|at) {shop}] [for (me|us)]",
            "(book|reserve) [me|us] (a|an|the) (table|taxi|cab|uber|flight|hotel|hotel room|room|meeting room|ride|"
            "appointment|ticket|doctor's appointment|haircut) "
            "[{details}]",
            "get [me|us] (a|an) (taxi|cab|uber) [{details}]",
            "(buy|order) {goods}",
            "(book|reserve|buy) [me|us] [some|two|three] (tickets|flights) [{details}]",
            "order [me|us] (pizza|sushi|food|dinner|lunch|takeaway|takeout|groceries|flowers) [{details}]",
        ),
    ),
    (
        "outside.play",
        "Says that nothing can be played from here.",
        (
            "play [me|us] {music}",
            f"(play|put on|stick on|start|start playing|queue|queue up|shuffle|listen to|hear|let me hear"
            f"|let's hear|let's "
            f"listen to|turn on|switch on|{_WISH}) [me|us] {_SOME} {_MUSIC} {_THERE}",
            "(give me|give us|let's have|can we have|i need) some [{mood}] (music|tunes|songs|jazz|classical music)",
            f"(play|put on|stick on|start|start playing|shuffle|listen to|let me hear|let's listen to"
            f"|{_WISH}) [me|us] {_SOME} "
            f"{{mood}} {_MUSIC} {_THERE}",
            f"(put|turn|switch) (the|some|my) (music|radio|tunes|playlist) on {_THERE}",
            "(next|previous|skip|last) [this|the|that] (song|track|tune|album)",
            "play the (next|previous|last) (song|track|tune|album)",
            "(skip|repeat|replay) (this|the|that) (song|track|tune)",
            f"(pause|stop|resume|continue|restart|turn off|switch off|turn down|turn up|unpause) (the|my"
            f"|this|that) (music|"
            f"song|track|radio|playlist|podcast|audiobook|album) {_THERE}",
            "turn (the|this|that) (music|song|radio) (off|down|up)",
        ),
    ),
    (
        "outside.playing",
        "Says that what plays cannot be heard from here.",
        (
            "(what|which) (song|track|tune|album|music) is (this|that|playing|it|on) [now|right now]",
            "(what is|what's) (playing|this song|that song|this song called|that song called|the name of "
            "this song) [now|"
            "right now]",
            "who (sings|is singing|plays|is playing) (this|that) [song|one|track]",
        ),
    ),
)
"""Name, help, sentences: see `assistant.skills.command`."""
