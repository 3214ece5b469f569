import Glibc
import HostSystem
import Testing

@testable import TokenLifecycle

/// Over is what is known to be over; everything else is left alone.
@Suite struct OwnerTests {
    private static let start = ProcessIdentity.startTime(of: getpid()) ?? 0

    /// A process of a machine that says all about itself.
    private static func process(
        machine: String? = "machine",
        boot: String? = "boot",
        namespace: String? = "pid:[1]",
        pid: Int32 = getpid(),
        startTime: UInt64? = start
    ) -> ProcessIdentity {
        ProcessIdentity(machine: machine, boot: boot, namespace: namespace, pid: pid, startTime: startTime)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var owner: ProcessIdentity
        var here = process()
        var liveness: Liveness.Finding
        var isOver: Bool?
    }

    private static let rows: [Row] = [
        Row(testDescription: "a held lock", owner: process(pid: .max), liveness: .held, isOver: false),
        Row(testDescription: "a process that is there", owner: process(), liveness: .absent, isOver: false),
        Row(testDescription: "the same, whatever the lock says", owner: process(), liveness: .free, isOver: false),
        Row(testDescription: "no such process", owner: process(pid: .max), liveness: .absent, isOver: true),
        Row(testDescription: "an id used again", owner: process(startTime: start + 1), liveness: .absent, isOver: true),
        Row(testDescription: "another container", owner: process(namespace: "pid:[2]"), liveness: .absent, isOver: nil),
        Row(
            testDescription: "the same, its lock free",
            owner: process(namespace: "pid:[2]"),
            liveness: .free,
            isOver: true
        ),
        Row(
            testDescription: "an image without a machine-id",
            owner: process(machine: nil, pid: .max),
            here: process(machine: nil),
            liveness: .absent,
            isOver: true
        ),
        Row(
            testDescription: "another boot, no lock: it may be a copy of the machine",
            owner: process(boot: "another"),
            liveness: .absent,
            isOver: nil
        ),
        Row(
            testDescription: "another boot, its lock free, as in a copy of the machine",
            owner: process(boot: "another"),
            liveness: .free,
            isOver: nil
        ),
        Row(
            testDescription: "another time namespace, which counts start times from elsewhere",
            owner: process(namespace: "pid:[1] time:[1]", startTime: start + 1),
            here: process(namespace: "pid:[1] time:[2]"),
            liveness: .absent,
            isOver: nil
        ),
        Row(
            testDescription: "the same, its lock free",
            owner: process(namespace: "pid:[1] time:[1]", startTime: start + 1),
            here: process(namespace: "pid:[1] time:[2]"),
            liveness: .free,
            isOver: true
        ),
        Row(
            testDescription: "another machine, its lock free",
            owner: process(machine: "another", boot: "another"),
            liveness: .free,
            isOver: nil
        ),
        Row(testDescription: "a system that says nothing", owner: process(boot: nil), liveness: .absent, isOver: nil),
        Row(testDescription: "no start time", owner: process(startTime: nil), liveness: .absent, isOver: nil),
    ]

    @Test(arguments: rows)
    func `whether an owner is over`(row: Row) {
        #expect(row.owner.isOver(seenFrom: row.here, liveness: row.liveness) == row.isOver)
    }
}
