/* WhatIf: what the loss of neighbours would do. */
#include "bgpd-lite/ctl/call.h"

#include <stdio.h>
#include <string.h>

#include "bgpd-lite/ctl/what_if.h"

enum {
	WHAT_IF_A_STEP = 256, /* prefixes */
};

/* One name of the list, without the blanks around it. */
static const char *next_name(const char *list, char out[128])
{
	size_t len = strcspn(list, ",");
	const char *end = list + len, *next = *end ? end + 1 : end;

	for (; list < end && *list == ' '; list++)
		;
	for (; end > list && end[-1] == ' '; end--)
		;
	snprintf(out, 128, "%.*s", (int)(end - list), list);
	return next;
}

void what_if_start(struct call *c)
{
	const char *list = request_text(&c->request, "down");
	char name[128];

	if (!list || !list[0]) {
		call_bad_parameter(
			c, "down", "names of neighbours are wanted, with commas between");
		return;
	}
	c->what_if = what_if_new(c->d);
	while (*list) {
		list = next_name(list, name);
		const struct neighbor *n = call_find_neighbor(c->d, name);
		if (!n) {
			call_not_found(c, "neighbor", name);
			return;
		}
		if (!what_if_add(c->what_if, n->conf->name)) {
			call_bad_parameter(c, "down", "these are too many");
			return;
		}
	}
}

enum call_progress what_if_step(struct call *c)
{
	if (what_if_run(c->what_if, WHAT_IF_A_STEP))
		return CALL_MORE;
	call_reply(c, what_if_view(c->what_if));
	return CALL_DONE;
}
