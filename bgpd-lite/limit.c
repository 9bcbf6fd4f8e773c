/* maximum-prefix of a neighbour: a log line at 75 %, and what is asked for at the limit. */
#include "bgpd-lite/neighbor.h"

#include <stdio.h>

#include "conf/schema.h"
#include "lib/log.h"

enum {
	LIMIT_LINES = 6, /* in a window */
	LIMIT_WINDOW_MS = 60000,
};

uint32_t limit_rib(const struct conf_neighbor *c)
{
	return c->maximum_prefix_action == CONF_LIMIT_WARN ? 0 : c->maximum_prefix;
}

void limit_start(struct neighbor *n)
{
	n->limit_level[0] = n->limit_level[1] = LIMIT_FAR;
	n->blocked = 0;
}

/* Falls back to `far` only below 70 %, so that a number that swings says it once. */
static enum limit_level level_of(enum limit_level now, uint32_t count, uint32_t maximum)
{
	if (count > maximum)
		return LIMIT_OVER;
	if (4ULL * count >= 3ULL * maximum)
		return now == LIMIT_OVER && count == maximum ? LIMIT_OVER : LIMIT_NEAR;
	return 10ULL * count < 7ULL * maximum ? LIMIT_FAR : now;
}

static void tell(struct neighbor *n, int which, enum limit_level level, uint32_t count)
{
	unsigned suppressed = 0;

	if (!log_allowed(&n->limit_lines, LIMIT_LINES, LIMIT_WINDOW_MS, &suppressed))
		return;
	log_event(LOG_LEVEL_WARN, LOG_ID_LIMIT,
		"maximum-prefix %s neighbor=\"%s\" family=%s prefixes=%u limit=%u action=%s "
		"suppressed=%u",
		level == LIMIT_OVER ? "exceeded" : "at 75 %", n->conf->name,
		which ? "ipv6" : "ipv4", count, n->conf->maximum_prefix,
		conf_word(CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX_ACTION, n->conf->maximum_prefix_action),
		suppressed);
}

void limit_watch(struct neighbor *n)
{
	struct rib_peer_counts counts;
	uint32_t maximum = n->conf->maximum_prefix;

	if (!maximum || n->peer == RIB_NO_PEER)
		return;
	rib_peer_count(n->daemon->rib, n->peer, &counts);
	for (int i = 0; i < 2; i++) {
		enum limit_level was = n->limit_level[i];
		n->limit_level[i] = (uint8_t)level_of(was, counts.received_family[i], maximum);
		if (n->limit_level[i] > was)
			tell(n, i, n->limit_level[i], counts.received_family[i]);
	}
}

bool limit_reached(struct neighbor *n, uint32_t family)
{
	int which = family == BGP_FAMILY_IPV6;
	bool again = n->conf->maximum_prefix_action == CONF_LIMIT_RESTART;

	if (n->limit_level[which] != LIMIT_OVER)
		tell(n, which, LIMIT_OVER, n->conf->maximum_prefix + 1);
	n->limit_level[which] = LIMIT_OVER;
	if (n->conf->maximum_prefix_action == CONF_LIMIT_BLOCK) {
		n->blocked++;
		return true;
	}
	n->limit_stopped = !again;
	session_limit(n->session, family, n->conf->maximum_prefix, again);
	if (!again)
		snprintf(n->waiting, sizeof(n->waiting),
			"maximum-prefix was exceeded: raise it, or use reload --reset");
	return false;
}
