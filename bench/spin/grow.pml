/*
 * Growing MSI-X by teardown on a host with NORESIZE (linux-6.1), at the grain of its register
 * accesses. VECTORS vectors are enabled; then, while each of them may fire ARRIVALS times, the index
 * is torn down and enabled again with one vector more. Can an interrupt be lost?
 *
 * Each d_step is one transition of the explorer's: a micro-step of the host, or an arrival. What
 * the variables hold beyond where the host is, is the explorer's state; README.md says how they
 * correspond and why the counts of states must be equal.
 *
 * A cause is the use of its vector's line: 1 for the first arrival, and so on; 0 is none.
 */
#ifndef VECTORS
#define VECTORS 2
#endif
#ifndef ARRIVALS
#define ARRIVALS 3
#endif
#define TABLE (VECTORS + 1)

/* The function. */
bool msix_enable;               /* MSI-X Enable */
bool function_mask;             /* Function Mask */
bool interrupt_disable;         /* Command, Interrupt Disable; decides nothing here */
bool message[TABLE];            /* an entry's address is not 0 */
bool unmasked[TABLE];           /* an entry's Mask bit is clear */
byte pba[TABLE];                /* cause behind the pending bit */
short level;                    /* cause of the diverted level: (vector * ARRIVALS) + use */

/* The host. */
bool remapped[TABLE];           /* the remapping entry is programmed */
bool handler[TABLE];            /* a handler is installed, with the vector's eventfd */
byte descriptor[TABLE];         /* cause that came before the handler */

/* The user. */
byte count[TABLE];              /* counters of the eventfds */
bool ready;                     /* the first call is over: arrivals may come */
byte left[VECTORS] = ARRIVALS;

/* Nothing will ever signal for a cause. An assertion that fails ends the search there: -DCOUNT goes on,
 * to count the states. */
inline lose() {
#ifdef COUNT
    skip
#else
    assert(false)
#endif
}

/* An eventfd rises. The check also keeps SPIN from leaving the counters out of the state, as it does
 * with variables that nobody reads. */
inline signal(vector) {
    count[vector]++;
    assert(count[vector] <= ARRIVALS)
}

/* A vector's message arrives at the host, for a cause. */
inline receive(vector, cause) {
    if
    :: !message[vector] || !remapped[vector] -> lose()
    :: else ->
        if
        :: handler[vector] -> signal(vector)
        :: !handler[vector] && descriptor[vector] == 0 -> descriptor[vector] = cause
        :: else -> skip         /* merged */
        fi
    fi
}

/* The function wants to interrupt for a vector. */
inline fire(vector, cause) {
    if
    :: !msix_enable && level == 0 -> level = (vector * ARRIVALS) + cause
    :: !msix_enable && level != 0 -> skip
    :: msix_enable && !function_mask && unmasked[vector] -> receive(vector, cause)
    :: msix_enable && (function_mask || !unmasked[vector]) ->
        if
        :: pba[vector] == 0 -> pba[vector] = cause
        :: else -> skip
        fi
    fi
}

/* set_irqs msix trigger eventfd 0 [VECTORS of them], nothing enabled before. */
inline enable(vectors) {
    d_step {                    /* set Enable and Function Mask: the diverted level falls */
        msix_enable = true;
        function_mask = true;
        if
        :: level != 0 -> level = 0; lose()
        :: else -> skip
        fi
    };
    d_step { v = 0 };           /* allocate: no slot has anything pending, no message arrives */
    do
    :: d_step { v < vectors -> message[v] = true; v++ }         /* write entry */
    :: d_step { v == vectors -> v = 0; interrupt_disable = true };
        d_step { for (i : 0 .. VECTORS) { unmasked[i] = false } };      /* mask all entries */
        d_step { function_mask = false };
        break
    od;
    interrupt_disable = false;  /* Command as it was */
    do
    :: d_step { v < vectors -> message[v] = true };             /* write entry */
        d_step { remapped[v] = true; message[v] = true };       /* and again */
        d_step { handler[v] = true };                           /* install handler */
        d_step {                                                /* unmask entry */
            unmasked[v] = true;
            if
            :: pba[v] != 0 -> receive(v, pba[v]); pba[v] = 0
            :: else -> skip
            fi
        };
        d_step {                                                /* resend; write Command */
            if
            :: descriptor[v] != 0 && handler[v] -> signal(v); descriptor[v] = 0
            :: else -> skip
            fi;
            v++
        }
    :: d_step { v == vectors -> v = 0; ready = true }; break    /* 0 */
    od
}

/* set_irqs msix trigger none 0+0 */
inline disable(vectors) {
    do
    :: d_step { v < vectors -> handler[v] = false };            /* remove handler */
        d_step { unmasked[v] = false };                         /* mask entry */
        d_step { message[v] = false };                          /* clear entry */
        d_step { remapped[v] = false; v++ }                     /* write Command */
    :: d_step { v == vectors -> v = 1; unmasked[0] = false }; break     /* mask entry 0 again */
    od;
    do
    :: d_step { v < vectors -> unmasked[v] = false; v++ }       /* and the others */
    :: d_step { v == vectors -> v = 0; msix_enable = false };   /* clear Enable */
        d_step {                /* free: what waits in a descriptor is lost */
            for (i : 0 .. VECTORS) {
                if
                :: descriptor[i] != 0 -> descriptor[i] = 0; lose()
                :: else -> skip
                fi
            }
        };
        d_step { skip };        /* write Command */
        break
    od;
    interrupt_disable = false   /* 0 */
}

active [VECTORS] proctype line() {
end:
    do
    :: d_step { ready && left[_pid] > 0 ->
        fire(_pid, (ARRIVALS + 1) - left[_pid]);
        left[_pid]--
    }
    od
}

active proctype host() {
    byte v, i;
    enable(VECTORS);
    disable(VECTORS);
    enable(VECTORS + 1);
end:
    false
}
