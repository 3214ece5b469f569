package import Testing

extension Trait where Self == TimeLimitTrait {
    /// Ends what hangs, and nothing else: the time counts from the moment at which all tests of a run begin, so a short
    /// limit would be one for the machine and for all that runs beside.
    package static var hangLimit: Self { .timeLimit(.minutes(15)) }
}
