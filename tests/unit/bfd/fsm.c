/* bfd: every state with every event (RFC 5880 6.2, 6.8.6, 6.8.4, 6.8.16). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bfd/drop.h"
#include "bfd/fsm.h"

enum {
	AD = BFD_STATE_ADMIN_DOWN,
	DN = BFD_STATE_DOWN,
	IN = BFD_STATE_INIT,
	UP = BFD_STATE_UP
};

struct row {
	int next; /* enum bfd_state */
	int diag; /* of a change */
	bool dead;
};

/* Columns: the peer says AdminDown, Down, Init, Up; timeout; device gone; removed by us. */
static const struct row TABLE[4][BFD_EVENT_N] = {
	[AD] = {{AD, 0, 0}, {AD, 0, 0}, {AD, 0, 0}, {AD, 0, 0}, {AD, 0, 0}, {AD, 0, 0}, {AD, 0, 0}},
	[DN] = {{DN, 0, 0}, {IN, 0, 0}, {UP, 0, 0}, {DN, 0, 0}, {DN, 0, 0}, {DN, 0, 0}, {AD, 7, 0}},
	[IN] = {{DN, 3, 0}, {IN, 0, 0}, {UP, 0, 0}, {UP, 0, 0}, {DN, 1, 0}, {DN, 5, 0}, {AD, 7, 0}},
	[UP] = {{DN, 3, 0}, {DN, 3, 1}, {UP, 0, 0}, {UP, 0, 0}, {DN, 1, 1}, {DN, 5, 1}, {AD, 7, 0}},
};

static void every_state_and_event(void **state)
{
	(void)state;
	for (int s = 0; s < 4; s++) {
		for (int e = 0; e < BFD_EVENT_N; e++) {
			struct bfd_step step = bfd_fsm_step((enum bfd_state)s, (enum bfd_event)e);
			const struct row *want = &TABLE[s][e];
			if ((int)step.state != want->next || step.dead != want->dead ||
				step.changed != (want->next != s) ||
				(step.changed && (int)step.diag != want->diag))
				fail_msg("state %s event %d gives %s diag %d dead %d",
					bfd_state_text((enum bfd_state)s), e,
					bfd_state_text(step.state), (int)step.diag, step.dead);
		}
	}
}

static void every_number_has_a_word(void **state)
{
	(void)state;
	assert_string_equal(bfd_state_text(BFD_STATE_UP), "up");
	assert_string_equal(
		bfd_diag_text(BFD_DIAG_REVERSE_CONCATENATED_DOWN), "reverse-concatenated-down");
	assert_string_equal(bfd_diag_text(9), "unknown");
	for (unsigned d = 0; d < 9; d++)
		assert_non_null(bfd_diag_text(d));
	for (int d = 0; d < BFD_DROP_N; d++)
		assert_non_null(bfd_drop_text((enum bfd_drop)d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_and_event),
		cmocka_unit_test(every_number_has_a_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
