/* The fake daemon as a program: fake-bgpd RUN_DIR [ROUTES]. Ends when its standard input does. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "bgpd-lite/ctl/control.h"
#include "tests/unit/ctl/fake.h"

static void on_input(struct ev_loop *loop, struct ev_io *w, int events)
{
	ev_break(loop, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
	struct ev_loop *loop = ev_default_loop(EVFLAG_NOENV);
	struct ev_io input;

	if (argc < 2)
		return 64;
	prctl(PR_SET_NAME, "bgpd-lite"); /* as the bgp process is named */
	fake_init(loop, argv[1]);
	if (argc > 2)
		fake.routes_n = (size_t)atol(argv[2]);
	struct control *c = control_new(&fake.d);
	if (!c)
		return 1;
	ev_io_init(&input, on_input, 0, EV_READ);
	ev_io_start(loop, &input);
	puts("ready");
	fflush(stdout);
	ev_run(loop, 0);
	control_free(c);
	return 0;
}
