"""Judges the history of a run: JSON lines in the form of Jepsen's operations (faults/README.md).

    python3 check.py HISTORY        prints a JSON object; exit code 0 where every promise held, else 1

It shares no code with herald and needs the standard library only. Times are nanoseconds since the run began.
"""
import json
import sys
from collections import defaultdict

MS = 1_000_000
# A result that was answered is with the store this much later, as herald promises (docs/event-flow.md).
STORED_AFTER = 10 * MS
# What a killed sender had sent may be read by the receiver this much later.
SEEN_LATE = 25 * MS
# A store that was away has what waited for it this long after it is back; what it had not answered began so long before.
CAUGHT_UP = 5_000 * MS
UNANSWERED = 250 * MS
# What two clocks, or one busy event loop, cannot tell apart.
TOUCH, ROUNDED, WINDOW, GONE_LATE = 2 * MS, 5 * MS, 15 * MS, 50 * MS
# A request that was claimed before its delivery was cancelled arrives this much later at most.
CANCELLED_LATE = 250 * MS
# What piled up before a receiver or its link has arrived.
PILED_UP = 1_000 * MS

CLASSES = ["lost", "unexpected", "corrupt", "numbers", "schedule", "rate", "cancelled", "duplicated", "malformed"]


class Request:
    """One receipt: when it came, when it was answered or its sender went away, and how."""

    def __init__(self, op):
        self.begin = op["time"]
        self.end = float("inf")
        self.answered = False
        self.status = 0
        self.__dict__.update(op["value"])

    def complete(self, op):
        self.end = op["time"]
        self.answered = op["type"] == "ok"
        self.status = op["value"].get("status", 0)

    @property
    def succeeded(self):
        return self.answered and 200 <= self.status < 300


class History:
    def __init__(self, ops):
        self.webhooks, self.published, self.acked = {}, {}, set()
        self.refused, self.requests, self.cancels, self.finals, self.faults = set(), defaultdict(list), {}, {}, []
        self.publishes, self.malformed, self.open = {}, [], {}
        for op in ops:
            getattr(self, "take_" + op["f"])(op)
        for requests in self.requests.values():
            requests.sort(key=lambda one: one.begin)

    def begun(self, op):
        """What this completion completes; a completion without an invocation is a fault of the history."""
        key = (op["f"], op["process"])
        if op["type"] == "invoke":
            return None
        if key not in self.open:
            self.malformed.append(f"{op['f']} of process {op['process']} ended and never began")
        return self.open.pop(key, None)

    def take_fault(self, op):
        if "ended" in op["value"]:
            self.faults.append(op["value"])

    def take_webhook(self, op):
        self.webhooks[op["value"]["webhook"]] = op["value"]

    def take_publish(self, op):
        value = op["value"]
        event = value["event"]
        if op["type"] == "invoke":
            self.open["publish", op["process"]] = op
            self.published[event] = value
            self.publishes.setdefault(event, op["time"])
            return
        self.begun(op)
        if op["type"] == "ok":
            self.acked.add(event)
        (self.refused.add if op["type"] == "fail" else self.refused.discard)(event)

    def take_receive(self, op):
        if op["type"] == "invoke":
            request = self.open["receive", op["process"]] = Request(op)
            self.requests[request.event, request.webhook].append(request)
        else:
            request = self.begun(op)
            if request:
                request.complete(op)

    def take_cancel(self, op):
        """The earliest time at which it was asked for, and at which it was done."""
        value = op["value"]
        cancel = self.cancels.setdefault((value["event"], value["webhook"]), [float("inf"), float("inf")])
        place = {"invoke": 0, "ok": 1}.get(op["type"])
        if place is not None:
            cancel[place] = min(cancel[place], op["time"])

    def take_final(self, op):
        self.finals[op["value"]["event"], op["value"]["webhook"]] = op["value"]

    def of(self, *roles):
        return [fault for fault in self.faults if fault["role"] in roles]

    def sender_died(self, begin, end):
        """Whether a sender was killed or stood still between these moments, as far as the receiver can tell."""
        return any(
            fault["does"].startswith(("kill", "freeze")) and fault["gone"] + SEEN_LATE >= begin and fault["began"] <= end
            for fault in self.of("sender")
        )

    def before_death(self, request):
        """For the report: how long after this answer a sender died, where one did within a second."""
        after = [f["began"] - request.end for f in self.of("sender") if f["does"].startswith("kill")]
        near = [ns for ns in after if 0 <= ns < 1_000 * MS]
        return f", {min(near) // MS} ms before a sender was killed" if near else ""

    def explained(self, request):
        """Whether nobody can have known what came of it: its sender died before it stored that, or the answer was lost."""
        stored = request.end + STORED_AFTER
        for fault in self.of("store"):
            if fault["began"] - UNANSWERED <= request.end <= fault["ended"]:
                stored = max(stored, fault["ended"] + CAUGHT_UP)
        if self.sender_died(request.begin, stored):
            return True
        sent = request.end + STORED_AFTER
        return any(f["began"] <= sent and f["gone"] >= request.begin for f in self.of("receiver"))


def check(history):
    wrong, counts = {name: [] for name in CLASSES} | {"malformed": history.malformed}, {"explained": 0}
    for (event, webhook), requests in history.requests.items():
        check_identity(history, event, webhook, requests, wrong)
        check_order(history, event, webhook, requests, wrong, counts)
        check_cancelled(history, event, webhook, requests, wrong)
    for event in sorted(history.acked):
        for webhook in history.webhooks.values():
            if history.published[event]["type"] in webhook["types"]:
                check_end(history, event, webhook, wrong)
    for key, final in history.finals.items():
        check_numbers(history, key, final, wrong)
    for webhook in history.webhooks.values():
        if webhook.get("limit"):
            check_rate(history, webhook, wrong)
    return wrong, counts


def check_identity(history, event, name, requests, wrong):
    published, webhook = history.published.get(event), history.webhooks.get(name)
    where = f"{event} to {name}"
    if published is None or event in history.refused - history.acked:
        wrong["unexpected"].append(f"{where}: received, and never accepted")
        return
    if webhook is None or published["type"] not in webhook["types"]:
        wrong["unexpected"].append(f"{where}: received, and not wanted")
    if len({(one.sha256, one.delivery) for one in requests}) > 1:
        wrong["corrupt"].append(f"{where}: its bytes or its id changed")
    if any(one.proof != published["proof"] for one in requests):
        wrong["corrupt"].append(f"{where}: not what was published")
    if any(one.signed is False for one in requests):
        wrong["corrupt"].append(f"{where}: a signature is wrong")


def check_order(history, event, name, requests, wrong, counts):
    """No request while another is open, none after a success, none before its time."""
    where, delay = f"{event} to {name}", history.webhooks.get(name, {}).get("delayMs", 0) * MS
    used = {}
    for place, request in enumerate(requests):
        before = requests[:place]
        known = [one for one in before if not history.explained(one)]
        for one in known:
            slack = TOUCH if one.answered else GONE_LATE
            if request.begin < one.end - slack and not history.sender_died(one.begin, request.begin):
                wrong["duplicated"].append(f"{where}: {request.attempt} begins while {one.attempt} is open")
                break
        successes = [one for one in before if one.succeeded and one.end <= request.begin]
        certain = [one for one in successes if one in known]
        if certain:
            wrong["duplicated"].append(f"{where}: {request.attempt} after a success{history.before_death(certain[-1])}")
        elif any(one.succeeded for one in before):
            counts["explained"] += 1
        elif before and before[-1] in known and not same_number(before[-1], request):
            last = before[-1]
            if request.begin < last.end + delay - (ROUNDED if last.answered else GONE_LATE):
                wait = (request.begin - last.end) // MS if last.end < float("inf") else None
                wrong["schedule"].append(f"{where}: {request.attempt} came {wait} ms after {last.attempt}")
        if request.attempt is not None:
            earlier = used.get(request.attempt)
            if earlier is not None and earlier.answered:
                wrong["numbers"].append(f"{where}: number {request.attempt} was used twice")
            used[request.attempt] = request


def same_number(one, other):
    """Sent once more under its number, since a kept connection was closed before any answer."""
    return not one.answered and one.attempt is not None and one.attempt == other.attempt


def check_cancelled(history, event, name, requests, wrong):
    _, done = history.cancels.get((event, name), [0, float("inf")])
    stops = [f for f in history.of("sender", "receiver") if not f["does"].startswith("kill")]
    for one in requests:
        excused = any(f["began"] <= one.begin <= f["gone"] + PILED_UP for f in stops)
        if one.begin > done + CANCELLED_LATE and not excused:
            wrong["cancelled"].append(f"{event} to {name}: {one.attempt} after it was cancelled")


def check_end(history, event, webhook, wrong):
    """An accepted event was received with success, or its delivery has ended where everybody can see it."""
    name = webhook["webhook"]
    where, final = f"{event} to {name}", history.finals.get((event, name))
    arrived = any(200 <= one.status < 300 for one in history.requests.get((event, name), []))
    if final is None:
        if history.finals or not arrived:
            wrong["lost"].append(f"{where}: accepted, and {'no record' if history.finals else 'never received'}")
        return
    state = final["state"]
    if state == "delivered":
        if not arrived:
            wrong["lost"].append(f"{where}: delivered, and no success at the receiver")
    elif state == "failed":
        failures = sum(1 for attempt in final["attempts"] if attempt["outcome"] == "failed")
        if not final.get("reason"):
            wrong["lost"].append(f"{where}: failed without a reason")
        elif failures < webhook["attempts"]:
            wrong["schedule"].append(f"{where}: given up after {failures} of {webhook['attempts']} attempts")
    elif state == "cancelled":
        if (event, name) not in history.cancels:
            wrong["lost"].append(f"{where}: cancelled by nobody")
    else:
        wrong["lost"].append(f"{where}: still {state}")


def check_numbers(history, key, final, wrong):
    where = " to ".join(key)
    numbers = [attempt["number"] for attempt in final["attempts"]]
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        wrong["numbers"].append(f"{where}: attempts {numbers} on record")
    for one in history.requests.get(key, []):
        if one.attempt not in numbers and not history.explained(one):
            wrong["numbers"].append(f"{where}: no record of {one.attempt}")
    counted = sum(1 for attempt in final["attempts"] if attempt["outcome"] != "unknown")
    promised = history.webhooks[key[1]]["attempts"]
    if counted > promised:
        wrong["schedule"].append(f"{where}: {counted} attempts, {promised} promised")


def check_rate(history, webhook, wrong):
    name, limit, per = webhook["webhook"], webhook["limit"], webhook["perMs"] * MS - WINDOW
    begins = sorted(one.begin for (_, to), all_of in history.requests.items() if to == name for one in all_of)
    for first, last in zip(begins, begins[limit:]):
        excused = any(f["began"] <= last and f["gone"] + PILED_UP >= first for f in history.of("receiver"))
        if last - first < per and not excused:
            wrong["rate"].append(f"{name}: {limit + 1} within {(last - first) // MS} ms")


def recovery(history):
    """The longest time from the end of a fault to the success of an event that was published after it."""
    successes = sorted((one.end, event) for (event, _), all_of in history.requests.items() for one in all_of if one.succeeded)
    times = []
    for fault in history.faults:
        after = [end for end, event in successes if history.publishes.get(event, 0) >= fault["mended"]]
        times.append((after[0] - fault["mended"]) / 1e9 if after else None)
    return None if not times or None in times else round(max(times), 3)


def summary(history):
    wrong, counts = check(history)
    states = [final["state"] for final in history.finals.values()]
    delivered = sum(1 for all_of in history.requests.values() if any(200 <= one.status < 300 for one in all_of))
    return {
        "valid": not any(wrong.values()),
        "acked": len(history.acked),
        "delivered": delivered,
        "failed": states.count("failed"),
        "cancelled": states.count("cancelled"),
        "recovered": len({e for e, _ in history.requests if e in history.published} - history.acked),
        "requests": sum(len(all_of) for all_of in history.requests.values()),
        "explained": counts["explained"],
        "recoverySeconds": recovery(history),
        "wrong": wrong,
    }


def main(path):
    with open(path, encoding="utf-8") as lines:
        ops = sorted((json.loads(line) for line in lines), key=lambda op: op["time"])
    found = summary(History(ops))
    print(json.dumps(found))
    return 0 if found["valid"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
