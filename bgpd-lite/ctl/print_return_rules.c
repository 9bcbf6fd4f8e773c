/* `return-rules`: text for nft, as it is. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

void print_return_rules(const json_t *reply, const struct ask *a, struct text *out)
{
	text_adds(out, get_text(reply, "text"));
}
