#include "bgpd-lite/bgp/hold.h"

enum {
	HOLD_FLAPS_MAX = 24, /* 2^24 s is beyond every maximum */
};

void hold_init(struct hold *h, uint64_t now_ms)
{
	*h = (struct hold){.since_ms = now_ms};
}

uint64_t hold_delay_ms(const struct hold *h, const struct hold_conf *c)
{
	if (!h->flaps)
		return 0;
	uint64_t delay = c->up_delay_ms << (h->flaps - 1);
	return delay < c->up_delay_max_ms ? delay : c->up_delay_max_ms;
}

static void count_loss(struct hold *h, const struct hold_conf *c, uint64_t now_ms)
{
	uint64_t stable_ms = c->up_delay_max_ms + hold_delay_ms(h, c);
	if (now_ms - h->since_ms > stable_ms)
		h->flaps = 0;
	if (h->flaps < HOLD_FLAPS_MAX)
		h->flaps++;
}

void hold_bfd(struct hold *h, const struct hold_conf *c, bool up, bool admin_down, bool lost,
	uint64_t now_ms)
{
	h->admin_down = admin_down;
	if (lost)
		count_loss(h, c, now_ms);
	if (h->up == up && !lost)
		return;
	h->up = up;
	h->since_ms = now_ms;
}

uint64_t hold_until_ms(const struct hold *h, const struct hold_conf *c, uint64_t now_ms)
{
	if (!c->bfd || h->admin_down)
		return HOLD_OPEN;
	uint64_t wait_ms = c->up_delay_ms ? hold_delay_ms(h, c) : 0;
	if (c->strict && !h->up && !c->strict_hold_ms)
		return HOLD_FOR_EVER;
	if (c->strict && !h->up && c->strict_hold_ms > wait_ms)
		wait_ms = c->strict_hold_ms;
	return h->since_ms + wait_ms > now_ms ? h->since_ms + wait_ms : HOLD_OPEN;
}
