import HostSystem
import Testing

@testable import Supervision

/// Which processes above us are shells that tell nobody.
@Suite struct ShellChainTests {
    /// A process of a table: parent, group, session, start, names.
    private typealias Row = (parent: Int32, group: Int32, session: Int32, start: UInt64, names: [String])

    private func chain(_ rows: [Int32: Row], foreground: Int32? = nil) -> [Int32] {
        ShellChain.above(100, foreground: foreground) { pid in
            rows[pid].flatMap { row in
                let fields = "\(row.parent) \(row.group) \(row.session) 0 0 0 0 0 0 0 0 0 0 0 20 0 1 0 \(row.start)"
                return ProcessStat(Array("\(pid) (\(row.names.first ?? "")) S \(fields) 0".utf8)).map {
                    ShellChain.Link(stat: $0, names: row.names)
                }
            }
        }.map(\.pid)
    }

    /// Ourselves below `bash`, below a runner in another session.
    private static let step: [Int32: Row] = [
        100: (90, 90, 50, 9, ["pulumi-token"]), 90: (80, 90, 50, 8, ["bash"]), 80: (1, 80, 50, 7, ["Runner.Worker"]),
    ]

    private func changed(_ change: (inout [Int32: Row]) -> Void) -> [Int32: Row] {
        var rows = Self.step
        change(&rows)
        return rows
    }

    @Test func `the shell of a step is watched, and its runner is not`() {
        #expect(chain(Self.step) == [90])
    }

    @Test(arguments: ["sh", "dash", "busybox", "make", "xargs", "timeout", "env", "nice", "stdbuf"])
    func `what lies between two shells is a link too`(name: String) {
        let rows = changed {
            $0[100] = (95, 90, 50, 9, ["pulumi-token"])
            $0[95] = (90, 90, 50, 9, [name])
        }
        #expect(chain(rows) == [95, 90])
    }

    @Test func `a script is known by its interpreter`() {
        #expect(chain(changed { $0[90]?.names = ["deploy.sh", "bash"] }) == [90])
    }

    @Test func `a program that could pass signals on ends the chain`() {
        let rows = changed {
            $0[100] = (95, 90, 50, 9, ["pulumi-token"])
            $0[95] = (90, 90, 50, 9, ["node"])
        }
        #expect(chain(rows) == [])
    }

    @Test func `under su the chain ends at the session`() {
        let rows = changed {
            $0[80] = (70, 80, 40, 7, ["bash"])
            $0[70] = (1, 70, 40, 6, ["gitlab-runner"])
        }
        #expect(chain(rows) == [90])
    }

    @Test func `who leads the session or is nobody's child watches nobody`() {
        #expect(chain(changed { $0[100]?.session = 100 }) == [])
        #expect(chain(changed { $0[100]?.parent = 1 }) == [])
    }

    @Test func `a job in the background is left alone, and one in the foreground of a terminal is not`() {
        let rows = changed { $0[100]?.group = 100 }
        #expect(chain(rows) == [])
        #expect(chain(rows, foreground: 90) == [])
        #expect(chain(rows, foreground: 100) == [90])
    }

    @Test func `a parent that is younger was given the number of one that is gone`() {
        #expect(chain(changed { $0[90]?.start = 10 }) == [])
    }

    @Test func `what is not shown ends the chain`() {
        #expect(chain(changed { $0[90] = nil }) == [])
    }
}
