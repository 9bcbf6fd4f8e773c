/* ShowVrfs, ShowInterfaces, ShowContributors, ShowEvents, ShowConfig: one item a step; ShowMemory.
 */
#include "bgpd-lite/ctl/call.h"

#include <stdlib.h>
#include <string.h>

#include "conf/dump.h"

enum {
	CONFIG_LINES_A_STEP = 64,
	EVENTS_DEFAULT = 50,
};

void list_start(struct call *c)
{
}

enum call_progress vrfs_step(struct call *c)
{
	size_t i = c->index++;

	if (i >= RIB_VRFS_MAX)
		return CALL_DONE;
	if (c->d->vrfs[i].name[0])
		batch_add(&c->batch, 0, view_vrf_detail(c->d, (uint16_t)i));
	return CALL_MORE;
}

enum call_progress interfaces_step(struct call *c)
{
	const struct fib_link *links;
	size_t n = host_links(rib_host(c->d->rib), &links);

	if (c->index >= n)
		return CALL_DONE;
	batch_add(&c->batch, 0, view_interface(c->d, &links[c->index++]));
	return CALL_MORE;
}

enum call_progress contributors_step(struct call *c)
{
	const struct conf *conf = c->d->conf;

	if (c->index >= conf->contributors_n)
		return CALL_DONE;
	batch_add(&c->batch, 0, view_contributor_detail(conf, &conf->contributors[c->index++]));
	return CALL_MORE;
}

/* ---- events ---- */

void events_start(struct call *c)
{
	const char *last_text = request_text(&c->request, "last");
	const char *since_text = request_text(&c->request, "since_ms");
	uint64_t n = c->d->events.n, last = since_text ? EVENTS_MAX : EVENTS_DEFAULT;

	c->since_ms = 0;
	if (last_text && (!call_number(last_text, EVENTS_MAX, &last) || last == 0))
		call_bad_parameter(c, "last", "a number from 1 to 512");
	else if (since_text && !call_number(since_text, INT64_MAX, &c->since_ms))
		call_bad_parameter(c, "since_ms", "milliseconds since 1970");
	else
		c->index = n > last ? n - last : 0;
}

enum call_progress events_step(struct call *c)
{
	const struct event *e;

	if (c->index >= c->d->events.n)
		return CALL_DONE;
	e = events_find(&c->d->events, ++c->index);
	if (e && e->at_realtime_ns / 1000000 >= c->since_ms)
		batch_add(&c->batch, 0, view_event(e));
	return CALL_MORE;
}

void memory_start(struct call *c)
{
	call_reply(c, view_memory(c->d));
}

/* ---- the configuration ---- */

void config_start(struct call *c)
{
	c->config = conf_dump(c->d->conf);
	if (c->config)
		return;
	c->out->err = true;
	c->answered = true;
}

/* c->index: where the next line begins. */
enum call_progress config_step(struct call *c)
{
	for (int i = 0; i < CONFIG_LINES_A_STEP; i++) {
		const char *line = c->config + c->index;
		size_t len = strcspn(line, "\n");
		if (!line[0])
			return CALL_DONE;
		batch_add(&c->batch, 0, json_stringn(line, len));
		c->index += len + (line[len] == '\n');
	}
	return CALL_MORE;
}
