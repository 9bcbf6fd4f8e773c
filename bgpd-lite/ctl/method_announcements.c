/* ShowAnnouncements: a prefix a step. */
#include "bgpd-lite/ctl/call.h"

void announcements_start(struct call *c)
{
	c->index = 0;
}

enum call_progress announcements_step(struct call *c)
{
	if (c->index >= adj_out_count(announcer_table(c->d->announcer)))
		return CALL_DONE;
	batch_add(&c->batch, 0, view_announcement(c->d, c->index++));
	return CALL_MORE;
}
