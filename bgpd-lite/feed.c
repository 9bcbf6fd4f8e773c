#include "bgpd-lite/feed.h"

#include <errno.h>

#include "bgpd-lite/bgp/pack.h"
#include "bgpd-lite/neighbor.h"

enum {
	BATCH = 2048, /* prefixes */
};

static void on_more(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	outlet_send(w->data);
}

void feed_init(struct neighbor *n)
{
	ev_timer_init(&n->feed.more, on_more, 0, 0);
	n->feed.more.data = n;
}

/* ---- life ---- */

static void begin(struct neighbor *n)
{
	struct session_info info;

	session_info(n->session, &info);
	n->feed.follower =
		rib_follow(n->daemon->rib, n->vrf, info.families, n->speaker->ebgp, n->feed.export);
	n->daemon->feeds_n++;
	fibc_kick(n->daemon);
}

static void end(struct neighbor *n)
{
	if (!n->feed.follower)
		return;
	rib_follow_end(n->daemon->rib, n->feed.follower);
	n->feed.follower = NULL;
	n->daemon->feeds_n--;
	ev_timer_stop(n->daemon->loop, &n->feed.more);
	fibc_kick(n->daemon);
}

void feed_export(struct neighbor *n, struct filter *export)
{
	struct filter *old = n->feed.export;

	n->feed.export = export ? filter_ref(export) : NULL;
	filter_put(old);
	if (n->feed.follower)
		rib_follow_export(n->daemon->rib, n->feed.follower, export);
	else if (export && n->out.up && n->speaker)
		begin(n);
}

void feed_up(struct neighbor *n)
{
	n->feed.refused = 0;
	if (n->feed.export)
		begin(n);
}

void feed_down(struct neighbor *n)
{
	end(n);
}

void feed_again(struct neighbor *n, uint32_t families)
{
	if (n->feed.follower)
		rib_follow_again(n->daemon->rib, n->feed.follower, families);
}

/* ---- sending ---- */

static int send_message(void *arg, const void *bytes, size_t len)
{
	struct neighbor *n = arg;
	return session_has_room(n->session) ? session_send(n->session, bytes, len) : -ENOBUFS;
}

struct batch {
	struct neighbor *neighbor;
	struct rib_news news[BATCH];
	struct pack_item items[BATCH];
	size_t items_n;
};

static void told(void *arg, const struct pack_item *item, bool has)
{
	struct batch *b = arg;
	struct neighbor *n = b->neighbor;

	rib_follow_told(n->daemon->rib, n->feed.follower, &b->news[item->id], has);
}

static bool may_send(const struct neighbor *n, const struct rib_news *news)
{
	bool v6 = news->prefix.addr.family == ADDR_V6;

	if (!news->attrs)
		return false;
	return n->out.to.next_hop[v6].family != ADDR_NONE &&
	       !(n->out.to.otc_withhold && (news->attrs->flags & ATTR_HAS_OTC));
}

static void add(struct batch *b, uint32_t i)
{
	struct neighbor *n = b->neighbor;
	const struct rib_news *news = &b->news[i];
	const struct adj_out *announced = announcer_table(n->daemon->announcer);
	bool can = may_send(n, news);

	n->feed.refused += news->attrs && !can;
	if ((can || news->had) && !adj_out_tells(announced, n->out.number, &news->prefix))
		b->items[b->items_n++] =
			(struct pack_item){can ? news->attrs : NULL, news->prefix, i, news->had};
	else
		rib_follow_told(n->daemon->rib, n->feed.follower, news, false);
}

static bool send_batch(struct neighbor *n)
{
	static struct batch b;
	struct bgp_update_to to = n->out.to;
	struct pack pack = {
		.to = &to, .send = send_message, .send_arg = n, .told = told, .told_arg = &b};

	to.graceful_shutdown = false; /* it is about what this host announces */
	b.neighbor = n;
	b.items_n = 0;
	size_t taken = rib_follow_take(n->daemon->rib, n->feed.follower, b.news, BATCH);
	for (uint32_t i = 0; i < taken; i++)
		add(&b, i);
	bool all = pack_send(&pack, b.items, b.items_n);
	for (size_t i = 0; i < taken; i++)
		if (b.news[i].attrs)
			attr_put(rib_attrs(n->daemon->rib), b.news[i].attrs);
	n->feed.refused += pack.refused;
	return all;
}

static void soon(struct neighbor *n)
{
	if (ev_is_active(&n->feed.more))
		return;
	ev_timer_set(&n->feed.more, 0, 0);
	ev_timer_start(n->daemon->loop, &n->feed.more);
}

/* It asks no more, and everything was withdrawn. */
static bool is_over(const struct feed *f)
{
	struct rib_follow_counts c;

	rib_follow_count(f->follower, &c);
	return !f->export && !rib_follow_pending(f->follower) && !c.told[0] && !c.told[1];
}

bool feed_send(struct neighbor *n)
{
	if (!n->feed.follower)
		return true;
	if (rib_follow_pending(n->feed.follower) && !send_batch(n))
		return false;
	if (is_over(&n->feed))
		end(n);
	else if (rib_follow_pending(n->feed.follower))
		soon(n);
	return true;
}

bool feed_is_complete(const struct neighbor *n)
{
	return !n->feed.follower || rib_follow_complete(n->daemon->rib, n->feed.follower);
}

void feeds_kick(struct daemon *d)
{
	for (size_t i = 0; i < d->neighbors_n && d->feeds_n; i++) {
		struct neighbor *n = d->neighbors[i];
		if (n->feed.follower && !ev_is_active(&n->out.retry) &&
			(rib_follow_pending(n->feed.follower) || n->out.end_of_rib_due))
			soon(n);
	}
}
