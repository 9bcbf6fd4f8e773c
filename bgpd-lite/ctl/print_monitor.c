/* `monitor`: events, a line each as they come. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

enum {
	KIND_WIDTH = 9,
};

/* Events that this terminal was too slow for. */
static void put_gap(struct text *out, json_int_t number)
{
	static json_int_t before;

	if (before && number > before + 1)
		text_addf(out, "(%" JSON_INTEGER_FORMAT " events were too fast)\n",
			number - before - 1);
	before = number;
}

void print_monitor(const json_t *reply, const struct ask *a, struct text *out)
{
	size_t i;
	const json_t *e;

	json_array_foreach(json_object_get(reply, "events"), i, e)
	{
		char when[CELL_MAX];
		put_gap(out, get_number(e, "number"));
		text_addf(out, "%s  %-*s", get_when(e, "at_ms", when), KIND_WIDTH,
			get_text(e, "kind"));
		if (get_text(e, "subject")[0]) {
			text_plain(out, get_text(e, "subject"));
			text_adds(out, ": ");
		}
		text_plain(out, get_text(e, "text"));
		text_adds(out, "\n");
	}
}
