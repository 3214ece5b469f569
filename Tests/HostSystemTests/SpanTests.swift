import HostSystem
import Testing

@Suite struct SpanTests {
    @Test(
        arguments: [
            ("90s", 90), ("45m", 2700), ("1h30m", 5400), ("2d", 172_800), ("1d2h3m4s", 93_784), ("1d4s", 86_404),
            ("0", 0), ("60", 60), ("3600", 3600), ("007", 7), ("0s", 0), ("90m", 5400), ("25h", 90_000), ("01h", 3600),
            ("PT1H", 3600), ("PT1H30M", 5400), ("PT90S", 90), ("P2D", 172_800), ("P1DT12H", 129_600), ("PT0S", 0),
            ("P1DT2H3M4S", 93_784), ("PT36H", 129_600), ("P0D", 0),
            ("9223372036854775807", .max), ("9223372036854775807s", .max),
            ("106751991167300d", 9_223_372_036_854_720_000),
        ] as [(String, Int64)]
    )
    func `lengths of time are read as people write them`(text: String, seconds: Int64) {
        #expect(TimeSpan(parsing: text)?.seconds == seconds)
    }

    @Test(arguments: [
        "", " ", "s", "h", "1 h", " 1h", "1h ", "1h 30m", "1.5h", "1,5h", "-1", "-1h", "+1", "+1h", "1H", "1S", "1D",
        "1M",
        "1w", "1y", "1ms", "1us", "1min", "1hour", "1h30", "30 1h", "30m1h", "1s1m", "1h1h", "1m1m", "hm", "h1m", "1hm",
        "P", "PT", "P1", "PT1", "P1DT", "PT1h", "p1d", "P1H", "P1M", "P1Y", "P1W", "PT1D", "P1D1H", "PT1M1H", "PT1H1H",
        "P1DT1HT1M", "PT1.5H", "PT-1H", "-PT1H", "+PT1H", "PP1D", "P 1D", "1e3", "0x10", "٣h", "１h", "1h\n", "1h\0",
        "∞",
        "9223372036854775808", "9223372036854775808s", "106751991167301d", "153722867280912931m",
        "106751991167300d23h59m59s", "P106751991167300DT100000H", "PT9223372036854775807H",
        "00000000000000000000000000000001s",
    ])
    func `anything else is no length of time`(text: String) {
        #expect(TimeSpan(parsing: text) == nil)
    }

    @Test(
        arguments: [
            (0, "0 seconds"), (-5, "0 seconds"), (.min, "0 seconds"), (1, "1 second"), (59, "59 seconds"),
            (60, "1 minute"),
            (61, "1 minute 1 second"), (3600, "1 hour"), (3601, "1 hour 1 second"), (5400, "1 hour 30 minutes"),
            (7384, "2 hours 3 minutes"), (86_399, "23 hours 59 minutes"), (86_400, "1 day"), (86_401, "1 day 1 second"),
            (93_784, "1 day 2 hours"), (172_860, "2 days 1 minute"), (63_072_000, "730 days"),
            (.max, "106751991167300 days 15 hours"),
        ] as [(Int64, String)]
    )
    func `lengths of time are written in two units at most`(seconds: Int64, text: String) {
        #expect(TimeSpan(seconds: seconds).description == text)
    }

    @Test(
        arguments: [
            (.zero, 0), (.seconds(-1), 0), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1001), 2),
            (.milliseconds(2500), 2500), (.seconds(5), 5000), (.seconds(2_147_483), 2_147_483_000),
            (.seconds(2_147_484), .max), (.seconds(86_400 * 365), .max), (.seconds(Int64.max), .max),
            (.seconds(Int64.min + 1), 0), (.nanoseconds(-1), 0),
        ] as [(Duration, Int32)]
    )
    func `milliseconds for system calls never end a wait too early`(duration: Duration, milliseconds: Int32) {
        #expect(duration.roundedUpToMilliseconds == milliseconds)
    }
}
