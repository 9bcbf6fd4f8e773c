/* Status, ReturnRules, Flush and what every varlink service says of itself. */
#include "bgpd-lite/ctl/call.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/interfaces.h"
#include "bgpd-lite/ctl/put.h"
#include "lib/clock.h"

void status_start(struct call *c)
{
	call_reply(c, view_status(c->d, clock_ms()));
}

void return_rules_start(struct call *c)
{
	json_t *o = json_object();
	char *text = rules_nftables(c->d);

	put_text(o, "text", text);
	free(text);
	call_reply(c, o);
}

void flush_start(struct call *c)
{
	struct rib_counts n;
	json_t *o = json_object();

	rib_count(c->d->rib, &n);
	put_number(o, "installed", n.installed);
	call_reply(c, o);
	daemon_stop(c->d, 0, true);
}

void service_info_start(struct call *c)
{
	json_t *o = json_object();
	json_t *names = json_array();

	put_text(o, "vendor", "bgpd-lite");
	put_text(o, "product", "bgpd-lite");
	put_text(o, "version", PROJECT_VERSION);
	put_text(o, "url", "");
	json_array_append_new(names, json_string("org.varlink.service"));
	json_array_append_new(names, json_string("io.bgpd-lite"));
	json_object_set_new(o, "interfaces", names);
	call_reply(c, o);
}

void service_description_start(struct call *c)
{
	const char *name = request_text(&c->request, "interface");
	const char *description = NULL;
	json_t *o = json_object();

	if (name && strcmp(name, "io.bgpd-lite") == 0)
		description = interface_bgpd_lite;
	else if (name && strcmp(name, "org.varlink.service") == 0)
		description = interface_varlink_service;
	if (description) {
		put_text(o, "description", description);
		call_reply(c, o);
	} else if (name) {
		put_text(o, "interface", name);
		call_error(c, "org.varlink.service.InterfaceNotFound", o);
	} else {
		json_decref(o);
		call_bad_parameter(c, "interface", "is needed");
	}
}
