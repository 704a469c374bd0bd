/* SPDX-License-Identifier: ISC */
/* terminal.c - E51, E87: the terminal that the launcher was started on */
#include "attempts.h"
#include "outside.h"

#include <linux/kd.h>
#include <linux/tiocl.h>
#include <sys/ioctl.h>
#include <termios.h>

static const int no_terminal[] = { EPERM, EACCES, ENOSYS, EIO, ENOTTY, ENXIO, ENOENT, ENODEV, 0 };

/* A character for whoever reads the terminal next; the outside looks whether it is there. */
static enum verdict push(const struct inside *in, const char *what, unsigned long request)
{
	static const char letters[] = "evil\n";
	long r = 0;

	if (!isatty(STDIN_FILENO) && errno == ENOTTY)
		return stopped("stdin is no terminal inside");
	for (size_t i = 0; i < sizeof(letters) - 1 && r >= 0; i++)
		r = OUTCOME(syscall(SYS_ioctl, STDIN_FILENO, request, letters + i));
	if (r < 0)
		return judge(in, what, r, no_terminal);
	return acted("%s succeeded", what);
}

enum verdict terminal_push(const struct inside *in)
{
	return push(in, "ioctl(TIOCSTI)", TIOCSTI);
}

enum verdict terminal_push_high_word(const struct inside *in)
{
	return push(in, "ioctl(TIOCSTI | 1 << 32)", TIOCSTI | 1UL << 32);
}

enum verdict terminal_push_dev_tty(const struct inside *in)
{
	long fd = OUTCOME(open("/dev/tty", O_RDWR | O_CLOEXEC));

	if (fd < 0)
		return judge(in, "open(/dev/tty)", fd, no_terminal);
	long r = OUTCOME(ioctl((int)fd, TIOCSTI, "e"));
	if (r < 0)
		return judge(in, "TIOCSTI on /dev/tty", r, no_terminal);
	return acted("TIOCSTI on /dev/tty succeeded");
}

static enum verdict input_empty(struct stage *s, enum verdict v)
{
	int waiting = 0;

	if (v == ACTED && ioctl(s->tty_slave, FIONREAD, &waiting) == 0 && waiting > 0) {
		snprintf(s->note, sizeof(s->note), "%d characters wait for the shell outside",
			 waiting);
		return ESCAPED;
	}
	return v;
}

const struct drama drama_input = { .judge = input_empty };

/* Did it get as far as the terminal's driver? What the driver answers does not matter. */
static long reached(unsigned long request, void *argument)
{
	long r = OUTCOME(syscall(SYS_ioctl, STDIN_FILENO, request, argument));

	return r == -ENOTTY || r == -EINVAL ? 0 : r;
}

/*
 * A pseudo-terminal's driver refuses these, a console's obeys: what counts is that they do not
 * reach a driver of the outside. EPERM comes from the filter; as root the kernel would not say it.
 */
enum verdict terminal_console_calls(const struct inside *in)
{
	static char paste[] = { TIOCL_PASTESEL }, select[16] = { TIOCL_SETSEL };
	static int discipline = 99;
	static struct kbsentry text = { .kb_func = 0 };
	struct tally t = TALLY(in);

	if (!isatty(STDIN_FILENO) && errno == ENOTTY)
		return stopped("stdin is no terminal inside");
	tally_add(&t, "TIOCLINUX paste", reached(TIOCLINUX, paste), no_terminal);
	tally_add(&t, "TIOCLINUX select", reached(TIOCLINUX, select), no_terminal);
	tally_add(&t, "TIOCLINUX with a high word", reached(TIOCLINUX | 1UL << 32, paste),
		  no_terminal);
	tally_add(&t, "TIOCSETD", reached(TIOCSETD, &discipline), no_terminal);
	tally_add(&t, "KDSKBSENT", reached(KDSKBSENT, &text), no_terminal);
	tally_add(&t, "KDSETMODE", reached(KDSETMODE, (void *)99), no_terminal);
	return tally_end(&t);
}

/* What every process with the terminal open may do to whoever else has it; each does no harm. */
enum verdict terminal_take_over(const struct inside *in)
{
	struct tally t = TALLY(in);
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		return untried("stdin is no terminal inside");
	tally_add(&t, "TIOCSWINSZ", OUTCOME(ioctl(STDIN_FILENO, TIOCSWINSZ, &size)), no_terminal);
	tally_add(&t, "TCXONC", OUTCOME(ioctl(STDIN_FILENO, TCXONC, TCOON)), no_terminal);
	tally_add(&t, "TCSBRK", OUTCOME(ioctl(STDIN_FILENO, TCSBRK, 0)), no_terminal);
	tally_add(&t, "TIOCNXCL", OUTCOME(ioctl(STDIN_FILENO, TIOCNXCL)), no_terminal);
	return tally_end(&t);
}
