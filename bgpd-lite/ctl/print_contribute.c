/* `contribute`, `contributor disable|enable`. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/messages.h"

void print_contribution(const json_t *reply, const struct ask *a, struct text *out)
{
	const json_t *c = json_object_get(reply, "contributor");
	json_t *list = json_array();

	if (json_is_object(c))
		json_array_append(list, (json_t *)c);
	put_messages(c, out);
	if (json_is_object(c))
		put_contributors(list, out);
	else
		text_adds(out, "removed\n");
	json_decref(list);
}
