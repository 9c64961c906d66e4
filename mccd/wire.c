/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets between the processes. Each starts with a magic number and its
 * type; each field has a tag, so that a reader that expects another field
 * notices. Numbers are in host order: both ends are one program.
 *
 * The reader trusts nothing: a field that runs past the end, a wrong tag or a
 * NUL in a string makes the packet bad, and everything read after that is 0
 * or empty. Readers check once, with wire_end().
 */
#include "mccd/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/status.h"

enum { WIRE_TAG_U64 = 'u', WIRE_TAG_STR = 's' };

static const uint32_t wire_magic = 0x6d636331; /* "mcc1" */

struct wire_header {
	uint32_t magic;
	uint32_t type;
};

void wire_begin(struct wire_out *out, enum wire_type type)
{
	struct wire_header header = {wire_magic, (uint32_t)type};

	strbuf_init(&out->buf, WIRE_PACKET_MAX);
	strbuf_add(&out->buf, &header, sizeof(header));
}

void wire_put_u64(struct wire_out *out, uint64_t n)
{
	strbuf_addc(&out->buf, WIRE_TAG_U64);
	strbuf_add(&out->buf, &n, sizeof(n));
}

void wire_put_str(struct wire_out *out, struct str s)
{
	uint32_t len = (uint32_t)s.len;

	if (s.len > WIRE_PACKET_MAX) {
		out->buf.failed = true;
		return;
	}
	strbuf_addc(&out->buf, WIRE_TAG_STR);
	strbuf_add(&out->buf, &len, sizeof(len));
	strbuf_addstr(&out->buf, s);
}

void wire_put_cstr(struct wire_out *out, const char *s)
{
	wire_put_str(out, str_of(s));
}

union wire_cmsg {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int wire_push(int sock, const struct wire_out *out, int fd)
{
	struct iovec iov = {out->buf.ptr, out->buf.len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union wire_cmsg control;
	ssize_t n;

	if (out->buf.failed)
		return MCC_ETOOBIG;
	if (fd >= 0) {
		struct cmsghdr *cmsg = &control.align;

		memset(&control, 0, sizeof(control));
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
	}
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
		return MCC_EUNAVAIL;
	return errno == EMSGSIZE ? MCC_ETOOBIG : mcc_status_from_errno(errno);
}

int wire_send(int sock, struct wire_out *out, int fd)
{
	int status = wire_push(sock, out, fd);

	strbuf_fini(&out->buf);
	return status;
}

/* Keeps the first descriptor in *fd and closes what came beside it. */
static void take_fds_of(struct cmsghdr *cmsg, int *fd, bool *out_bad)
{
	size_t len = cmsg->cmsg_len - CMSG_LEN(0);
	size_t at;

	for (at = 0; at + sizeof(int) <= len; at += sizeof(int)) {
		int one;

		memcpy(&one, CMSG_DATA(cmsg) + at, sizeof(one));
		if (*fd >= 0) {
			close(one);
			*out_bad = true;
		} else {
			*fd = one;
		}
	}
}

/* Descriptors that came along; more than one is a broken peer. */
static int take_fd(struct msghdr *msg, bool *out_bad)
{
	struct cmsghdr *cmsg;
	int fd = -1;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg))
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
			take_fds_of(cmsg, &fd, out_bad);
	return fd;
}

static int wire_open(char *buf, size_t len, struct wire_in *in)
{
	struct wire_header header;

	if (len < sizeof(header))
		return MCC_EFORMAT;
	memcpy(&header, buf, sizeof(header));
	if (header.magic != wire_magic || header.type < WIRE_GENERATION ||
	    header.type > WIRE_CONTROL_REPLY)
		return MCC_EFORMAT;
	in->rest = (struct str){buf + sizeof(header), len - sizeof(header)};
	in->bad = false;
	in->type = (enum wire_type)header.type;
	return 1;
}

int wire_recv(int sock, char *buf, struct wire_in *in)
{
	struct iovec iov = {buf, WIRE_PACKET_MAX};
	union wire_cmsg control;
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	bool bad = false;
	int status;
	ssize_t n;

	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return MCC_EUNAVAIL;
	/* A peer that was killed with packets unread resets the socket. */
	if (n < 0)
		return errno == ECONNRESET ? 0 : mcc_status_from_errno(errno);
	if (n == 0)
		return 0;
	in->fd = take_fd(&msg, &bad);
	if (bad || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		status = MCC_EFORMAT;
	else
		status = wire_open(buf, (size_t)n, in);
	if (status < 0 && in->fd >= 0) {
		close(in->fd);
		in->fd = -1;
	}
	return status;
}

/* The next `len` bytes after a tag, or NULL and the packet is bad. */
static const char *take(struct wire_in *in, size_t len)
{
	const char *at = in->rest.ptr;

	if (in->bad || in->rest.len < len) {
		in->bad = true;
		return NULL;
	}
	in->rest.ptr += len;
	in->rest.len -= len;
	return at;
}

static bool take_tag(struct wire_in *in, char tag)
{
	const char *at = take(in, 1);

	if (at != NULL && *at != tag)
		in->bad = true;
	return !in->bad;
}

uint64_t wire_get_u64(struct wire_in *in)
{
	uint64_t n = 0;
	const char *at = take_tag(in, WIRE_TAG_U64) ? take(in, sizeof(n)) : NULL;

	if (at != NULL)
		memcpy(&n, at, sizeof(n));
	return n;
}

struct str wire_get_str(struct wire_in *in)
{
	uint32_t len = 0;
	const char *at = take_tag(in, WIRE_TAG_STR) ? take(in, sizeof(len)) : NULL;

	if (at == NULL)
		return STR_LIT("");
	memcpy(&len, at, sizeof(len));
	at = take(in, len);
	if (at == NULL)
		return STR_LIT("");
	if (memchr(at, '\0', len) != NULL) {
		in->bad = true;
		return STR_LIT("");
	}
	return (struct str){at, len};
}

bool wire_end(const struct wire_in *in)
{
	return !in->bad && in->rest.len == 0;
}
