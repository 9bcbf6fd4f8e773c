/* What other programs did to our routes in the kernel: from fib to the rib, and told to people. */
#include <string.h>

#include "bgpd-lite/ctl/words.h"
#include "bgpd-lite/daemon.h"
#include "lib/clock.h"
#include "lib/log.h"

static void receive_drift(struct daemon *d, const struct chan_head *head)
{
	const struct fib_drift *x = (const void *)(head + 1);
	for (unsigned i = 0; i < head->count; i++)
		rib_route_drift(d->rib, &x[i]);
}

static void receive_found(struct daemon *d, const struct chan_head *head)
{
	const struct fib_route *x = (const void *)(head + 1);
	for (unsigned i = 0; i < head->count; i++)
		rib_audit_found(d->rib, &x[i]);
}

bool healing_receive(struct daemon *d, const struct chan_head *head, size_t len)
{
	size_t list = len - sizeof(*head);

	if (head->type == FIB_MSG_DRIFT && list == head->count * sizeof(struct fib_drift))
		receive_drift(d, head);
	else if (head->type == FIB_MSG_FOUND && list == head->count * sizeof(struct fib_route))
		receive_found(d, head);
	else if (head->type == FIB_MSG_AUDIT && len == sizeof(struct fib_msg_audit))
		rib_audit(d->rib, (const struct fib_msg_audit *)head);
	else
		return false;
	return true;
}

static void tell(struct daemon *d, enum fib_drift_cause cause, uint64_t n)
{
	const struct rib_drift *now = rib_drift(d->rib);
	char text[PREFIX_TEXT_MAX];
	const char *example = now->last.addr.family ? prefix_text(now->last, text) : "";

	log_event(LOG_LEVEL_WARN, LOG_ID_DRIFT,
		"drift repaired cause=%s n=%llu prefix=%s vrf=\"%s\"", words_drift(cause),
		(unsigned long long)n, example, d->vrfs[now->last_vrf].name);
	events_add(&d->events, clock_realtime_ns(), EVENT_REPAIR, example, "%llu written again: %s",
		(unsigned long long)n, words_drift_long(cause));
}

void healing_tell(struct daemon *d)
{
	const struct rib_drift *now = rib_drift(d->rib);
	struct fib_client *f = &d->fibc;
	unsigned suppressed;

	if (memcmp(now->n, f->drift_told, sizeof(now->n)) == 0 ||
		!log_allowed(&f->drift_limit, 10, 10000, &suppressed))
		return;
	for (unsigned i = 0; i < FIB_DRIFT_N; i++)
		if (now->n[i] > f->drift_told[i])
			tell(d, (enum fib_drift_cause)i, now->n[i] - f->drift_told[i]);
	memcpy(f->drift_told, now->n, sizeof(now->n));
}
