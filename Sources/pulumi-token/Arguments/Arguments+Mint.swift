import CISystems
import HostSystem
import TokenLifecycle

extension MintRequest {
    init(_ arguments: Arguments, _ context: Context) throws(Explanation) {
        let kind = try explaining { () throws(UsageError) in try arguments.kind() }
        for option in [Option.description, .reason] { try arguments.checkForSecrets(option, in: context) }
        self.init(
            text: arguments.text(of: .description) ?? context.system.defaultDescription,
            // Where it can be asked later whether the run is over.
            origin: arguments.text(of: .description) == nil || context.system.runs == nil
                ? nil : context.system.job?.origin,
            lifetime: try Lifetime(arguments, in: context),
            kind: kind,
            role: arguments.text(of: .role),
            isAdmin: arguments.isOn(.admin),
            reason: arguments.text(of: .reason),
            isIsolated: !arguments.isOn(.noIsolate),
            verifies: arguments.isOn(.verify),
            waits: arguments.isOn(.wait),
            // On GitHub the input is about the post step.
            needsCleanStart: arguments.isOn(.failOnRevokeError) && !arguments.areInputs
        )
    }
}

extension Arguments {
    /// What goes to the cloud or into a record holds no secret of the job, and nothing that looks like one.
    func checkForSecrets(_ option: Option, in context: Context) throws(Explanation) {
        guard let value = value(of: option), context.console.withoutSecrets(value.text) != value.text else { return }
        throw .secretInText(value.place)
    }
}

extension Explanation {
    static func secretInText(_ place: String) -> Explanation {
        Explanation(.usage, "\(place) contains a credential", hint: "use plain words; others can read them")
    }
}

extension Lifetime {
    /// What `--ttl` and `--expires` ask for, as far as the machine allows it.
    init(_ arguments: Arguments, in context: Context) throws(Explanation) {
        let ceiling = try LifeCeiling.find(in: context.environment, policy: context.policyFile)
        let now = context.clock.unixTime()
        self = try explaining { () throws(UsageError) in
            // What is minted anew when it ends need not last as long as the job.
            let limit = arguments.usesHelper ? nil : context.system.jobTimeLimit
            return try Lifetime(arguments, jobTimeLimit: limit, now: now, below: ceiling)
        }
    }

    /// - Parameters:
    ///   - jobTimeLimit: seconds after which the CI system ends the job.
    ///   - now: Unix time, seconds.
    init(
        _ arguments: Arguments,
        jobTimeLimit: Int64?,
        now: Int64,
        below ceiling: LifeCeiling? = nil
    ) throws(UsageError) {
        if let expires = arguments.value(of: .expires) {
            if let ttl = arguments.value(of: .ttl) {
                throw UsageError("\(ttl.place) and \(expires.place) cannot be combined", hint: "set only one of them")
            }
            self = .until(try Self.moment(expires, now: now))
            try check(expires, now, ceiling)
        } else if let ttl = arguments.value(of: .ttl) {
            self = .lasting(try Self.length(ttl))
            try check(ttl, now, ceiling)
        } else {
            let usual = jobTimeLimit ?? 3600
            self = .lasting(min(max(usual, Self.range.lowerBound), ceiling?.seconds ?? Self.range.upperBound))
        }
    }

    private func check(_ value: Arguments.Value, _ now: Int64, _ ceiling: LifeCeiling?) throws(UsageError) {
        guard let ceiling, seconds(from: now) > ceiling.seconds else { return }
        let isMoment = if case .until = self { true } else { false }
        throw UsageError(
            "invalid value for \(value.place): \(quoted(value.text)) is more than \(ceiling.place) allows (\(ceiling.text))",
            hint: isMoment ? "set it to an earlier time" : "set --ttl to \(ceiling.text) or less"
        )
    }

    private static func length(_ value: Arguments.Value) throws(UsageError) -> Int64 {
        guard let span = TimeSpan(parsing: value.text) else {
            throw UsageError(
                "invalid value for \(value.place): \(quoted(value.text)) is not a duration",
                hint: "use 90s, 45m, 1h30m, 2d, PT1H, or whole seconds"
            )
        }
        guard range.contains(span.seconds) else {
            throw UsageError(
                "invalid value for \(value.place): \(quoted(value.text)) is too \(span.seconds < 60 ? "short" : "long")",
                hint: value.text == "\(span.seconds)" && (1..<60).contains(span.seconds)
                    ? "use \(span.seconds)m for minutes; a number alone is in seconds" : "use 60s to 730d"
            )
        }
        return span.seconds
    }

    private static func moment(_ value: Arguments.Value, now: Int64) throws(UsageError) -> Int64 {
        guard let moment = Int64(value.text) ?? Moment(parsing: value.text)?.unixTime else {
            throw UsageError(
                "invalid value for \(value.place): \(quoted(value.text)) is not a time",
                hint: "use Unix seconds or RFC 3339, such as 2027-01-31T12:00:00Z"
            )
        }
        let (length, overflow) = moment.subtractingReportingOverflow(now)
        guard !overflow, range.contains(length) else {
            let problem = length <= 0 && !overflow ? "in the past" : length < 60 ? "too soon" : "too far away"
            throw UsageError(
                "invalid value for \(value.place): \(quoted(value.text)) is \(problem)",
                hint: "use Unix seconds, not milliseconds; a token is valid for 60s to 730d"
            )
        }
        return moment
    }
}
