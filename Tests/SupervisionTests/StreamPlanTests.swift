import Supervision
import Testing

/// Which of the command's streams lead through us, and how.
@Suite struct StreamPlanTests {
    private func plan(isRedacting: Bool = true, _ change: (inout StandardStreams) -> Void = { _ in }) -> StreamPlan {
        var streams = StandardStreams()
        change(&streams)
        return StreamPlan(streams, isRedacting: isRedacting)
    }

    private static func atTerminal(_ streams: inout StandardStreams) {
        streams.isTerminal = [true, true, true]
        (streams.isOneTerminal, streams.isForeground, streams.isOneOutput) = (true, true, true)
    }

    @Test func `in a job both streams are pipes`() {
        let plan = plan()
        #expect(plan.output == .pipe && plan.error == .pipe)
        #expect(!plan.hasOwnSession && !plan.takesForeground && !plan.usesTerminal)
    }

    @Test func `one file for both is one pipe`() {
        let plan = plan { $0.isOneOutput = true }
        #expect(plan.output == .pipe && plan.error == .withOutput)
    }

    @Test func `closed streams stay closed`() {
        #expect(plan { $0.isOpen = [true, false, true] }.output == .inherited)
        #expect(plan { $0.isOpen = [true, true, false] }.error == .inherited)
    }

    @Test func `somebody at a terminal gets a session for the command`() {
        let plan = plan(Self.atTerminal)
        #expect(plan.output == .terminal && plan.error == .withOutput)
        #expect(plan.hasOwnSession && !plan.takesForeground)
    }

    @Test func `with standard error in a file, the rest is still a terminal`() {
        let plan = plan {
            Self.atTerminal(&$0)
            $0.isTerminal[2] = false
            $0.isOneOutput = false
        }
        #expect(plan.output == .terminal && plan.error == .pipe && plan.hasOwnSession)
    }

    @Test func `with standard output in a pipe, the keyboard is not ours alone`() {
        let plan = plan {
            $0.isTerminal = [true, false, true]
            $0.isForeground = true
        }
        #expect(plan.output == .pipe && plan.error == .terminal && !plan.hasOwnSession)
    }

    @Test func `with standard input from a pipe, only what is shown is a terminal`() {
        let plan = plan {
            $0.isTerminal = [false, true, true]
            $0.isOneOutput = true
        }
        #expect(plan.output == .terminal && plan.error == .withOutput && !plan.hasOwnSession)
    }

    @Test func `in the background the keyboard belongs to somebody else`() {
        let plan = plan {
            Self.atTerminal(&$0)
            $0.isForeground = false
        }
        #expect(plan.output == .terminal && !plan.hasOwnSession)
    }

    @Test func `two terminals are one pseudo-terminal and a pipe`() {
        let plan = plan {
            $0.isTerminal = [false, true, true]
        }
        #expect(plan.output == .terminal && plan.error == .pipe)
    }

    @Test func `descriptors that lead where output and error do go their way, those that lead to both by output`() {
        let plan = plan {
            $0.besideOutput = [3, 5]
            $0.besideError = [4]
        }
        #expect(plan.besideOutput == [3, 5] && plan.besideError == [4])
        let one = self.plan {
            $0.isOneOutput = true
            $0.besideOutput = [3]
            $0.besideError = [3]
        }
        #expect(one.besideOutput == [3] && one.besideError == [])
    }

    @Test func `without redaction no descriptor is changed`() {
        let plan = plan(isRedacting: false) { $0.besideOutput = [3] }
        #expect(plan.besideOutput == [] && plan.besideError == [])
    }

    @Test func `without redaction everything is inherited, and the foreground with it`() {
        let inJob = plan(isRedacting: false)
        #expect(inJob.output == .inherited && inJob.error == .inherited && !inJob.takesForeground)
        let atTerminal = plan(isRedacting: false, Self.atTerminal)
        #expect(atTerminal.output == .inherited && atTerminal.error == .inherited)
        #expect(!atTerminal.hasOwnSession && atTerminal.takesForeground)
    }
}
