/* `reload`: what changed, what waits, every message; `flush`, `flush vrf`. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/messages.h"

#define N "%" JSON_INTEGER_FORMAT

void put_messages(const json_t *reply, struct text *out)
{
	size_t i;
	const json_t *m;

	json_array_foreach(json_object_get(reply, "messages"), i, m)
	{
		text_plain(out, get_text(m, "file"));
		if (get_number(m, "line"))
			text_addf(out, ":" N, get_number(m, "line"));
		text_addf(out, ": %s: ", get_text(m, "severity"));
		text_plain(out, get_text(m, "text"));
		text_adds(out, "\n");
	}
	if (get_number(reply, "messages_left_out"))
		text_addf(out, "and " N " more messages\n", get_number(reply, "messages_left_out"));
}

void print_reload(const json_t *reply, const struct ask *a, struct text *out)
{
	const json_t *pending = json_object_get(reply, "pending_neighbors");

	put_messages(reply, out);
	text_addf(out,
		"reload %s: " N " neighbors changed, " N " added, " N " removed, " N " pending\n",
		get_bool(reply, "ok") ? "ok" : "with errors", get_number(reply, "changed"),
		get_number(reply, "added"), get_number(reply, "removed"),
		get_number(reply, "pending"));
	if (json_array_size(pending)) {
		text_adds(out, "pending until the session's next start: ");
		put_list(out, pending);
		text_adds(out, "\n");
	}
	if (get_number(reply, "confirm_left_s"))
		text_addf(out, "undone in " N " s unless you say: bgpd-litectl confirm\n",
			get_number(reply, "confirm_left_s"));
}

void print_confirm(const json_t *reply, const struct ask *a, struct text *out)
{
	text_adds(out, "confirmed\n");
}

void print_flush(const json_t *reply, const struct ask *a, struct text *out)
{
	text_addf(out, "withdrawing " N " installed routes; the daemon stops\n",
		get_number(reply, "installed"));
}

void print_flush_vrf(const json_t *reply, const struct ask *a, struct text *out)
{
	text_plain(out, get_text(reply, "vrf"));
	text_addf(out,
		": " N " routes leave the kernel and are held back until: bgpd-litectl flush vrf ",
		get_number(reply, "installed"));
	text_plain(out, get_text(reply, "vrf"));
	text_adds(out, " --undo\n");
}

void print_restore_vrf(const json_t *reply, const struct ask *a, struct text *out)
{
	text_plain(out, get_text(reply, "vrf"));
	text_adds(out, json_is_null(json_object_get(reply, "flushed_at_s"))
			       ? ": it is not flushed\n"
			       : ": its routes are written again\n");
}
