/// The scripts in force, and how often each has met a request.
struct RuleBook: Sendable {
    private struct Rule: Sendable {
        var misbehaviour: Misbehaviour
        var seen = 0
        var fired = 0

        /// Counts one more occurrence; whether it is affected.
        mutating func meet() -> Bool {
            seen += 1
            let first = misbehaviour.nth ?? 1
            let times = misbehaviour.times ?? 1
            return seen >= first && (times == 0 || seen < first + times)
        }
    }

    private var rules: [Rule] = []
    /// Whether requests that stall may go on.
    private(set) var isReleased = false

    mutating func add(_ scripts: [Misbehaviour]) {
        rules += scripts.map { Rule(misbehaviour: $0) }
        isReleased = false
    }

    mutating func release() { isReleased = true }

    /// How often each script took effect, in the order in which they were given.
    var fired: [Int] { rules.map(\.fired) }

    /// What goes wrong with a request: the first script whose turn it is.
    ///
    /// All scripts count it.
    mutating func misbehaviour(for request: Request) -> Misbehaviour? {
        fire { $0.connection == nil && matches(request, method: $0.method, path: $0.path) }
    }

    /// What goes wrong with a new connection.
    mutating func connectionFault() -> Misbehaviour.ConnectionFault? {
        fire { $0.connection != nil }?.connection
    }

    private mutating func fire(_ applies: (Misbehaviour) -> Bool) -> Misbehaviour? {
        var chosen: Int?
        for index in rules.indices where applies(rules[index].misbehaviour) {
            if rules[index].meet(), chosen == nil { chosen = index }
        }
        guard let chosen else { return nil }
        rules[chosen].fired += 1
        return rules[chosen].misbehaviour
    }
}

/// Whether a request has this method and a path of this pattern.
func matches(_ request: Request, method: String?, path: String?) -> Bool {
    (method == nil || method == request.method) && path.map { glob($0, matches: request.path) } != false
}
