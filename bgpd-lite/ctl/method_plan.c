/* Plan: what a reload would change. */
#include "bgpd-lite/ctl/call.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/plan.h"

enum {
	PLAN_A_STEP = 256, /* prefixes */
};

static char *copied(const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	if (!copy)
		abort();
	memcpy(copy, text, len);
	copy[len] = 0;
	return copy;
}

void plan_start(struct call *c)
{
	json_t *files = json_object_get(c->request.parameters, "files"), *value;
	struct plan_text *texts = calloc(json_object_size(files) + 1, sizeof(*texts));
	const char *name;
	size_t n = 0;

	if (!texts)
		abort();
	json_object_foreach(files, name, value)
	{
		texts[n++] = (struct plan_text){.name = copied(name, strlen(name)),
			.text = copied(json_string_value(value), json_string_length(value)),
			.len = json_string_length(value)};
	}
	c->plan = plan_new(c->d, texts, n);
}

enum call_progress plan_step(struct call *c)
{
	if (plan_run(c->plan, PLAN_A_STEP))
		return CALL_MORE;
	call_reply(c, view_plan(c->plan));
	return CALL_DONE;
}
