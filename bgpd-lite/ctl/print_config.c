/* `show config history`, `show config diff`. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

#include <time.h>

void print_history(const json_t *reply, const struct ask *a, struct text *out)
{
	static const struct column columns[] = {{"N", true}, {"Number", true},
		{"In force from", false}, {"Files", true}, {"By", false}};
	struct table t;
	size_t i;
	const json_t *e;

	table_init(&t, columns, 5);
	json_array_foreach(json_object_get(reply, "entries"), i, e)
	{
		char when[40], back[CELL_MAX], number[CELL_MAX], files[CELL_MAX];
		time_t at = (time_t)get_number(e, "at_s");
		struct tm tm;
		localtime_r(&at, &tm);
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
		table_add(&t,
			(const char *[]){get_cell(e, "back", back), get_cell(e, "number", number),
				when, get_cell(e, "files", files), get_text(e, "origin")});
	}
	table_print(&t, out);
	table_free(&t);
}

void print_config_diff(const json_t *reply, const struct ask *a, struct text *out)
{
	const json_t *lines = json_object_get(reply, "lines");
	size_t i;
	const json_t *line;

	if (json_array_size(lines) == 0)
		text_adds(out, "no difference\n");
	json_array_foreach(lines, i, line)
	{
		text_plain(out, json_string_value(line));
		text_adds(out, "\n");
	}
}
