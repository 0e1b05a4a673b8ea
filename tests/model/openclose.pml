/* SPDX-License-Identifier: MIT
 *
 * tests/model/openclose.pml - how two ends open and close, over a network that loses, doubles and
 * reorders: a model for Spin, searched to its end by tests/model/spin.py.
 *
 * arrows.pml is printed from the engine's own table of states (tests/model/arrows.c): move() is
 * the only way from one state to another, and asserts that NEXT() has the arrow.  What an end
 * does with a segment follows RFC 9293 s3.10.7; there is no text, so that SYN and FIN alone take
 * sequence numbers, of which there are eight.
 *
 * Each end opens twice, one and the same listening.  n of a segment, inc[] and whose[] are for the proof alone: to which of the
 * two connections a segment belongs.
 *
 *   CROSS         both ends open actively, once: the SYNs may cross
 *   NO_TIME_WAIT  TIME-WAIT may end at once
 *   TWO_WAY       a SYN opens the connection without waiting for its SYN,ACK's acknowledgement
 */
#include "arrows.pml"

#ifdef CROSS
#define CONNECTIONS 1
#else
#define CONNECTIONS 2
#endif
#define ROOM        2 /* segments on their way to an end */
#define WINDOW      2

#define SYN 1
#define ACK 2
#define FIN 4
#define RST 8

#define SEQ(x) ((x) & 7)

chan net[2] = [ROOM] of { byte, byte, byte, byte }; /* to an end: flags, SEQ, ACK, n */

byte st[2], iss[2], una[2], nxt[2], irs[2], rcv[2];
byte inc[2], whose[2]; /* the connection an end is in, and the one its peer's SYN was of */
bool sent_fin[2], got_fin[2], opens[2], waited[2];

byte losses = LOSSES, doubles = DOUBLES, swaps = SWAPS, early = EARLY;

inline move(i, event)
{
    st[i] = NEXT(st[i], event);
    assert(st[i] != NO_ARROW)
}

/* To the other end; what finds no room is lost. */
inline put(i, flags, seq, ack)
{
    if
    :: nfull(net[1 - i]) -> net[1 - i]!flags,SEQ(seq),SEQ(ack),inc[i]
    :: full(net[1 - i]) -> skip
    fi
}

inline put_ack(i)
{
    put(i, ACK, nxt[i], rcv[i])
}

/* An ISS grows with time (RFC 6528).  Who has been through TIME-WAIT may find that it has come
 * around by now, so that it is any number. */
inline choose_iss(i)
{
    if
    :: inc[i] == 1 -> iss[i] = i * 4
    :: inc[i] > 1 -> iss[i] = nxt[i]
    :: inc[i] > 1 -> iss[i] = SEQ(nxt[i] + 2)
    :: inc[i] > 1 && waited[i] -> iss[i] = SEQ(nxt[i] + 5)
    :: inc[i] > 1 && waited[i] -> iss[i] = SEQ(nxt[i] + 6)
    fi;
    una[i] = iss[i];
    nxt[i] = SEQ(iss[i] + 1);
    sent_fin[i] = false;
    got_fin[i] = false;
    waited[i] = false
}

inline take_syn(i)
{
    irs[i] = s;
    rcv[i] = SEQ(s + 1);
    whose[i] = n
}

/* Both have the same numbers, of the same connection. */
inline opened(i)
{
    assert(whose[i] == inc[1 - i] && irs[i] == iss[1 - i])
}

inline take_ack(i)
{
    if
    :: SEQ(a - una[i]) != 0 && SEQ(a - una[i]) <= SEQ(nxt[i] - una[i]) ->
        assert(n == whose[i]); /* no old duplicate is believed */
        una[i] = a;
        if
        :: sent_fin[i] && una[i] == nxt[i] ->
            if
            :: st[i] == FIN_WAIT_1 && !((f & FIN) && s == rcv[i]) -> move(i, EV_ACK_OF_FIN)
            :: st[i] == CLOSING || st[i] == LAST_ACK -> move(i, EV_ACK_OF_FIN)
            :: else -> skip
            fi
        :: else -> skip
        fi
    :: else -> skip
    fi
}

inline take_fin(i)
{
    assert(n == whose[i]);
    rcv[i] = SEQ(rcv[i] + 1);
    got_fin[i] = true;
    if
    :: st[i] == FIN_WAIT_1 && una[i] == nxt[i] -> move(i, EV_FIN_ACKING)
    :: else -> move(i, EV_FIN)
    fi;
    put_ack(i)
}

/* s3.10.7.1 */
inline in_closed(i)
{
    if
    :: f & RST -> skip
    :: !(f & RST) && (f & ACK) -> put(i, RST, a, 0)
    :: else -> put(i, RST | ACK, 0, s + 1)
    fi
}

/* s3.10.7.2 */
inline in_listen(i)
{
    if
    :: f & RST -> skip
    :: !(f & RST) && (f & ACK) -> put(i, RST, a, 0)
    :: else ->
        if
        :: f & SYN ->
            take_syn(i);
            choose_iss(i);
            move(i, EV_SYN);
#ifdef TWO_WAY
            st[i] = ESTABLISHED;
            opened(i);
#endif
            put(i, SYN | ACK, iss[i], rcv[i])
        :: else -> skip
        fi
    fi
}

/* s3.10.7.3 */
inline in_syn_sent(i)
{
    if
    :: (f & ACK) && a != nxt[i] ->
        if
        :: f & RST -> skip
        :: else -> put(i, RST, a, 0)
        fi
    :: !((f & ACK) && a != nxt[i]) && (f & RST) ->
        if
        :: f & ACK -> move(i, EV_RST)
        :: else -> skip
        fi
    :: else ->
        if
        :: (f & SYN) && (f & ACK) ->
            take_syn(i);
            una[i] = a;
            move(i, EV_SYN_ACK);
            opened(i);
            put_ack(i)
        :: (f & SYN) && !(f & ACK) ->
            take_syn(i);
            move(i, EV_SYN);
            put(i, SYN | ACK, iss[i], rcv[i])
        :: else -> skip
        fi
    fi
}

/* A segment that acknowledges our SYN, or not. */
inline syn_received_ack(i)
{
    if
    :: a == nxt[i] ->
        assert(n == whose[i]);
        una[i] = a;
        move(i, EV_ACK_OF_SYN);
        opened(i)
    :: else -> put(i, RST, a, 0)
    fi
}

/* s3.10.7.4 fourth, with RFC 5961 s4.2 */
inline on_syn(i)
{
    if
    :: st[i] == SYN_RECEIVED && s == irs[i] && (f & ACK) ->
        syn_received_ack(i);
        if
        :: st[i] == ESTABLISHED -> put_ack(i)
        :: else -> skip
        fi
    :: st[i] == SYN_RECEIVED && s == irs[i] && !(f & ACK) -> put(i, SYN | ACK, iss[i], rcv[i])
    :: st[i] == SYN_RECEIVED && s != irs[i] && SEQ(s - rcv[i]) < WINDOW && !opens[i] ->
        move(i, EV_SYN)
    :: else -> put_ack(i)
    fi
}

/* s3.10.7.4 */
inline in_others(i)
{
    if
    :: f & RST ->
        if
        :: st[i] == TIME_WAIT -> skip /* RFC 1337 */
        :: st[i] != TIME_WAIT && s == rcv[i] -> move(i, EV_RST)
        :: st[i] != TIME_WAIT && s != rcv[i] && SEQ(s - rcv[i]) < WINDOW -> put_ack(i)
        :: else -> skip
        fi
    :: !(f & RST) && (f & SYN) -> on_syn(i)
    :: !(f & RST) && !(f & SYN) && SEQ(s - rcv[i]) >= WINDOW ->
        if /* refused and acknowledged; the ACK of a FIN that is repeated counts (A.2) */
        :: (f & FIN) && got_fin[i] && SEQ(s + 1) == rcv[i] && st[i] != SYN_RECEIVED ->
            put_ack(i);
            take_ack(i)
        :: (f & FIN) && !(got_fin[i] && SEQ(s + 1) == rcv[i] && st[i] != SYN_RECEIVED) ->
            put_ack(i)
        :: else -> skip /* what has no length is answered seldom */
        fi
    :: else ->
        if
        :: st[i] == SYN_RECEIVED -> syn_received_ack(i)
        :: else -> take_ack(i)
        fi;
        if
        :: (f & FIN) && s == rcv[i] &&
           (st[i] == ESTABLISHED || st[i] == FIN_WAIT_1 || st[i] == FIN_WAIT_2) -> take_fin(i)
        :: else -> skip
        fi
    fi
}

inline arrives(i)
{
    if
    :: st[i] == CLOSED -> in_closed(i)
    :: st[i] == LISTEN -> in_listen(i)
    :: st[i] == SYN_SENT -> in_syn_sent(i)
    :: else -> in_others(i)
    fi
}

/* What is outstanding goes out again. */
inline again(i)
{
    if
    :: st[i] == SYN_SENT -> put(i, SYN, iss[i], 0)
    :: st[i] == SYN_RECEIVED -> put(i, SYN | ACK, iss[i], rcv[i])
    :: else ->
        if
        :: sent_fin[i] -> put(i, FIN | ACK, nxt[i] - 1, rcv[i])
        :: else -> put(i, SYN | ACK, iss[i], rcv[i])
        fi
    fi
}

#define OUTSTANDING(i) (una[i] != nxt[i] && st[i] != CLOSED && st[i] != LISTEN)
#define QUIET          (len(net[0]) == 0 && len(net[1]) == 0)

/* Time-outs back off: if the network is at rest, 2MSL passes before the one after the next. */
#define WAITING (st[0] == TIME_WAIT || st[1] == TIME_WAIT)

#ifdef NO_TIME_WAIT
#define OLD_ONES_GONE true
#else
#define OLD_ONES_GONE QUIET /* 2MSL is long enough for that */
#endif

#define REST(i) (st[i] == LISTEN || (st[i] == CLOSED && opens[i] && inc[i] == CONNECTIONS))
#define OVER    (inc[0] == CONNECTIONS && REST(0) && REST(1) && QUIET)

proctype End(byte i)
{
    byte f, s, a, n;

    do
    :: atomic { st[i] == CLOSED && inc[i] < CONNECTIONS && opens[i] ->
        inc[i]++;
        choose_iss(i);
        move(i, EV_OPEN_ACTIVE);
        put(i, SYN, iss[i], 0) }
    :: atomic { st[i] == CLOSED && !opens[i] ->
        if
        :: inc[i] <= CONNECTIONS -> inc[i]++
        :: else -> skip /* a child was deleted again: it listens on */
        fi;
        move(i, EV_OPEN_PASSIVE) }
    :: atomic { st[i] == ESTABLISHED || st[i] == CLOSE_WAIT ->
        sent_fin[i] = true;
        put(i, FIN | ACK, nxt[i], rcv[i]);
        nxt[i] = SEQ(nxt[i] + 1);
        move(i, EV_FIN_SENT) }
    :: atomic { net[i]?f,s,a,n ->
        if
        :: losses > 0 -> losses--
        :: doubles > 0 && nfull(net[i]) -> doubles--; net[i]!f,s,a,n; arrives(i)
        :: swaps > 0 && nempty(net[i]) -> swaps--; net[i]!f,s,a,n
        :: arrives(i)
        fi;
        f = 0; s = 0; a = 0; n = 0 }
    :: atomic { OUTSTANDING(i) && QUIET && !WAITING -> again(i) }
    :: atomic { OUTSTANDING(i) && (WAITING || !QUIET) && early > 0 -> early--; again(i) }
    :: atomic { st[i] == FIN_WAIT_2 && QUIET -> move(i, EV_ORPHANED) } /* SHLD-3: its limit */
    :: atomic { st[i] == TIME_WAIT && OLD_ONES_GONE ->
        move(i, EV_2MSL);
        waited[i] = true }
    :: OVER -> break
    od
}

init
{
    atomic {
        opens[0] = true;
#ifdef CROSS
        opens[1] = true;
#endif
        run End(0);
        run End(1)
    }
}

/* Every open is closed in the end, on both sides. */
ltl closes { <> OVER }
