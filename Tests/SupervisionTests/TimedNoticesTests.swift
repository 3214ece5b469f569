import HostSystem
import Testing

@testable import Supervision

/// What is said while a command runs.
@Suite struct TimedNoticesTests {
    @Test func `each notice is said once, at its moment, the first one first`() {
        var said: [String] = []
        var notices = TimedNotices([
            .init(at: .seconds(60)) { said.append("over") }, .init(at: .seconds(54)) { said.append("soon") },
        ])
        #expect(notices.nextMoment == .seconds(54))
        notices.say(at: .seconds(53))
        #expect(said == [])
        notices.say(at: .seconds(54))
        #expect(said == ["soon"] && notices.nextMoment == .seconds(60))
        notices.say(at: .seconds(75))
        notices.say(at: .seconds(76))
        #expect(said == ["soon", "over"] && notices.nextMoment == nil)
    }
}
