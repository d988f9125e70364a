"""What is said to lists."""

from __future__ import annotations

from assistant.skills import command

_LIST = "([(my|the|our|a|that|this)] {list} list|[(my|the|our|a|that|this)] list)"
_ADD = "(add|put|stick|pop|chuck|write|note|jot|get|whack|throw|place|set|list|include|bung|enter|append)"
_ON = "(on|to|onto|on to|in|into|down on|up on|down in)"
_OFF = "(off|from|out of|off of|off from)"
_SOFT = "[(please|can you|could you|would you|will you|i want to|i need to|i'd like to|let's|also|just)] [please]"
_END = "[(please|would you|will you|for me|could you|too|as well|also|again|thanks|thank you)]"
_PLAIN = "(shopping list|grocery list|to do list|to-do list)"
_OUT_OF = (
    "(out of|clean out of|right out of|all out of|low on|running low on|running out of|run out of|short of|short on|"
    "ran out of|got no)"
)

COMMANDS = (
    command(
        "list.add",
        "Puts things on the shopping list, the to-do list or any other list.",
        f"{_SOFT} {_ADD} {{items}} {_ON} {_LIST} {_END}",
        f"{_SOFT} {_ADD} {_ON} {_LIST} {{items}}",
        f"(i want|i need|i'd like|we need|i would like) {{items}} (on|added to|put on) {_LIST} {_END}",
        f"{{items}} (goes|should go|has to go|needs to go|needs to be|must go|belongs) {_ON} {_LIST} {_END}",
        "(new|another) (item|entry|thing) (on|for) (my|the|our) {list} list {items}",
        "(add|put) {wares} (shopping list|grocery list)",
        f"{{wares}} (on|onto) {_LIST} please",
        f"{_PLAIN} (add|put on|put) {{items}}",
        "(new|another) (task|to do|chore|errand) {items}",
        f"{_SOFT} {_ADD} {{wares}} (on|to) (my|the|our) shopping {_END}",
        f"{_SOFT} {_ADD} {{wares}} [down] (on there|for the shop|for shopping) {_END}",
        f"{_SOFT} {_ADD} {{wares}} (too|as well|also) [please]",
        "[make a] note [that] (we|i) need {wares}",
        f"{_SOFT} (add|put|note|write) (a|another|the) (task|todo|to do|chore|errand) [to] {{items}}",
        f"{_SOFT} (remember to|don't forget to|remind us to) (buy|get|pick up) {{wares}} {_END}",
        f"(we|i) (need|have|ought|should|must|have got|want) [to] (buy|get|pick up|order|stock up on) {{wares}} {_END}",
        f"we (need|want|could do with|could use|should have|have no|have got no) {{wares}} {_END}",
        "(we're|we are|i'm|i am|we|i|we've|we have|i've) [(nearly|almost|just|about|all)] "
        f"{_OUT_OF} {{wares}} [(again|now)]",
        "(we're|we are|i'm|i am|we've|we have|i've) [(nearly|almost|just|about|all)] "
        f"{_OUT_OF} {{wares}} [(and|so)] [please] (put|add|pop|stick|chuck|get) (it|them|some|that) on "
        f"({_LIST}|(my|the|our) shopping)",
        "(there's|there is|there are) (no|hardly any|no more|almost no) {wares} (left|in the house|in the fridge)",
        "(we don't have|we haven't got|there isn't|there aren't) any {wares} [left]",
        "(the|our) {wares} (is|are) (gone|finished|empty|all gone|nearly gone|used up|running low|running out)",
        f"{_SOFT} (buy|order|pick up) {{wares}} {_END}",
        "(don't let me forget|don't forget|remember) [the] {wares}",
        "add {wares} [please]",
    ),
    command(
        "list.what",
        "Asks what is to be put on a list.",
        f"{_SOFT} (add|put|write) {_ON} {_LIST}",
        f"{_SOFT} (add|put|write) (something|things|some things|a thing|an item|another thing|another item) {_ON} "
        f"{_LIST} {_END}",
    ),
    command(
        "list.called",
        "Asks how a new list is to be called.",
        f"{_SOFT} (make|create|start|begin) [(me|us)] (a|another|a new) list {_END}",
    ),
    command(
        "list.read",
        "Says what is on a list.",
        "(what's|whats|what is|what are|what do i have|what have i got|what do we have|what have we got|what stands) "
        f"[(left|still|written|all|else)] (on|in) {_LIST} [(now|today|so far|at the moment|please|for today)]",
        f"{_SOFT} (read|show|tell|give|list|say) [(me|us)] [(out|back)] [(what's on|what is on)] {_LIST} "
        "[(to me|aloud|out loud|please|out|back|for me|again)]",
        f"(let me hear|let's hear|i want to hear|i'd like to hear|go through|run me through) {_LIST} [please]",
        "(my|the|our) {list} list [please]",
        "what (do|should|must) (we|i) [still] (need|have|want) to (buy|get) [(today|at the shop|from the shop)]",
        "what (do|should|must) (we|i) [still] (need|get|buy) (from|at) the (shop|shops|store|supermarket)",
        "what (do|should) i [still] (have|need) to do [today]",
        "(what's|what is) (left|still) to (do|buy)",
        f"what (things|items|tasks|chores|errands) (are|do i have|have i got) (on|in) {_LIST}",
        f"what did (i|we) (put|write) on {_LIST}",
        f"[(is|was) there] anything [(left|else)] on {_LIST}",
        f"do (i|we) have anything [left] on {_LIST}",
    ),
    command(
        "list.has",
        "Says whether something is on a list.",
        f"(is|are) there [(any|some|a|an|already|still)] {{items}} on {_LIST} [(already|yet|now|please)]",
        f"(is|are) [(the|my)] {{items}} [(already|still)] on {_LIST} [(already|yet|now)]",
        "(do|did|have|has) (i|we|you) [(already|ever)] (have|put|add|got|added|written|write|include) "
        f"[(any|the|some)] {{items}} [(down|already)] (on|to) {_LIST} [(already|yet)]",
        f"(check|see|look) (if|whether) [(the|there's|there is)] {{items}} is on {_LIST}",
        f"does {_LIST} (have|include|contain) {{items}}",
        "(is|are) {wares} on (there|it) [(already|yet)]",
    ),
    command(
        "list.count",
        "Says how many things are on a list.",
        "how many (things|items|tasks|entries|chores|points) (are|are there|do i have|have i got|do we have) "
        f"[left] (on|in) {_LIST}",
        "how (long|full|big) is (my|the|our) {list} list [(now|by now)]",
        "(is|are) (my|the|our) {list} list (empty|long|finished|done)",
    ),
    command(
        "list.last",
        "Says what was put on a list last.",
        f"what (was|is) the last (thing|item) [(i|we)] [(put|added|wrote)] [down] (on|to|in) {_LIST}",
        f"what did (i|we) (last put|put last|add last|last add) (on|to) {_LIST}",
    ),
    command(
        "list.remove",
        "Takes things off a list.",
        f"{_SOFT} (take|remove|delete|scratch|strike|drop|get|cut|erase|wipe|scrub|knock|leave|pull|kick) {{items}} "
        f"{_OFF} {_LIST} {_END}",
        f"{_SOFT} (take|remove|delete|scratch|strike|drop) {{wares}} (off|again|off again) {_END}",
        f"{_SOFT} take away {{wares}} {_END}",
        f"(i|we) (don't|do not) (need|want) {{items}} on {_LIST} [(any more|anymore|after all)]",
        "(i|we) (don't|do not|no longer) need [any] [more] [the] {wares} [(any more|anymore|after all)]",
        f"{{items}} can (come|go) off {_LIST}",
        f"{_SOFT} (forget|skip|lose) {{items}} on {_LIST} {_END}",
    ),
    command(
        "list.tick",
        "Ticks things off a list, as done or bought.",
        f"{_SOFT} (tick|check|cross|mark) [off] {{items}} [off] (on|from|off) {_LIST} {_END}",
        f"{_SOFT} tick off {{items}} {_END}",
        f"{_SOFT} (check|cross) off {{wares}} {_END}",
        f"{_SOFT} (tick|cross) {{items}} off {_END}",
        f"{_SOFT} mark {{items}} as (done|bought|finished|complete|completed) {_END}",
        "(i|we) [(have|just|already|have just|have already)] (got|bought|picked up) {wares} [now]",
        "(i've|we've) [(just|already)] (got|bought|picked up) {wares} [now]",
        "got {wares}",
        "[(i'm|i am|we're|we are)] [(all|now)] (done|finished) with [the] {items}",
        "{wares} (is|are) (bought|done|in the basket|in the trolley|in the cart)",
    ),
    command(
        "list.clear",
        "Takes everything off a list.",
        f"{_SOFT} (start|begin) {_LIST} (from scratch|over|again|anew|afresh) {_END}",
        f"{_SOFT} (clear|empty|wipe|reset|clean|flush|blank) [(out|off|up)] [(everything on|all of)] {_LIST} {_END}",
        f"{_SOFT} (delete|remove|take|erase|clear|scratch|wipe) (everything|all|all items|all the items|all of it) "
        f"(on|from|off|in) {_LIST} {_END}",
        destructive=True,
    ),
    command(
        "list.create",
        "Begins a list.",
        f"{_SOFT} (make|create|start|begin|open|set up) [(me|us)] (a|an|another|a new) {{list}} list {_END}",
        f"{_SOFT} (make|create|start|begin|open|set up) [(me|us)] (a|a new) list (called|named|for|for my) {{list}}",
        "new list (called|named|for) {list}",
    ),
    command(
        "list.delete",
        "Deletes a list with all that is on it.",
        f"{_SOFT} (delete|remove|throw away|get rid of|bin|scrap|trash) (my|the|our|that) [whole] {{list}} list {_END}",
        destructive=True,
    ),
    command(
        "list.names",
        "Says which lists there are.",
        "(what|which|how many) lists (do i have|have i got|are there|do we have|do you have|do you keep|exist)",
        "(tell me|show me|read me|name) [all] [of] (my|the|all|our) lists",
    ),
)
