// Writes what the library behind CronJobs makes of schedules to standard output, for the test of our own reading:
//
//	cd packages/apimachinery/scripts/record-cron-schedules && go run . > ../../test/cron/recorded/schedules.json
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

type recorded struct {
	Schedule string   `json:"schedule"`
	Zone     string   `json:"zone,omitempty"`
	After    string   `json:"after,omitempty"`
	Times    []string `json:"times,omitempty"`
	Error    string   `json:"error,omitempty"`
}

var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe",
	"Pacific/Apia", "Africa/Cairo", "Asia/Tehran", "America/St_Johns"}

// Moments near changes of clocks, leap days, ends of years.
var moments = []string{"2024-02-28T23:59:30Z", "2024-03-09T06:10:00Z", "2024-03-30T22:00:00Z", "2024-10-26T21:30:15Z",
	"2024-11-02T20:00:00Z", "2024-12-31T10:59:59.5Z", "2018-11-03T12:00:00Z", "2018-02-17T00:00:00Z", "2026-01-31T12:00:00Z", "2011-12-28T00:00:00Z"}

var schedules = []string{
	"* * * * *", "*/1 * * * *", "*/15 * * * *", "0 * * * *", "30 2 * * *", "0 0 * * *", "0 0 1 * *", "0 0 31 * *", "59 23 31 12 *",
	"0 12 29 2 *", "59 23 31 2 *", "0 0 1 1 *", "0 0 * * 0", "0 0 * * sun", "0 9 * * MON-FRI", "15 14 1 JAN,jul *", "0 0 13 * 5",
	"0 0 */2 * 1", "0 0 1-7 * */2", "0 0 ? * ?", "5/15 * * * *", "10-20/5 1,2,3 * * *", "*-5 * * * *", "0 1-5 * 2-4 *", "0,30 1 * 3,11 0",
	"0 2 * * 0", "30 1 * 11 0", "1-59/2 * * * *", "0 0,12 1 */2 *", "23 0-20/2 * * *", "+5 * * * *", ",5, * * * *", ", * * * *",
	"  0   5  *\t* *  ", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@every 1h30m", "@every 90s",
	"@every 0.5s", "@every 1s500ms", "@every 1.5h", "@every -1h", "@every 0", "@every 100us1m", "30 6-16/4 * * 1-5", "TZ=Asia/Tokyo 0 9 * * *",
	"CRON_TZ=UTC @daily",
}

var wrong = []string{
	"*", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *", "* * * * 7", "* * * * 8",
	"5-1 * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "*/0 * * * *", "a * * * *", "-5 * * * *", "5- * * * *", "* * * foo *", "* * * jan-foo *",
	"99999999999999999999 * * * *", "*/x * * * *", "*/-1 * * * *", "1.5 * * * *", "@", "@every", "@every ", "@every x", "@every 5", "@every 1x",
	"@every 1h2", "@every -", "@every .s", "@every 9999999999h", "@reboot", "@Daily", "@daily ", "TZ=0", "TZ=", "CRON_TZ=UTC", "TZ=Nowhere/City * * * * *",
	"TZ=../etc * * * * *", "TZ=UTC x * * * *", "_ * * * *", "1_0 * * * *", "0x5 * * * *", "L * * * *", "* * L * *", "* * * * 5#3", "1,60 * * * *",
}

func parse(schedule string) (result cron.Schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("invalid schedule format: %v", r)
		}
	}()
	return cron.ParseStandard(schedule)
}

func record(schedule, zone, after string) recorded {
	line := schedule
	if zone != "" && !strings.Contains(schedule, "TZ=") {
		line = "TZ=" + zone + " " + schedule
	}
	parsed, err := parse(line)
	if err != nil {
		return recorded{Schedule: schedule, Zone: zone, Error: err.Error()}
	}
	start, err := time.Parse(time.RFC3339Nano, after)
	if err != nil {
		panic(err)
	}
	times := []string{}
	for t := parsed.Next(start.UTC()); len(times) < 4; t = parsed.Next(t) {
		if t.IsZero() {
			break
		}
		times = append(times, t.UTC().Format(time.RFC3339))
	}
	return recorded{Schedule: schedule, Zone: zone, After: after, Times: times}
}

func main() {
	time.Local = time.UTC
	all := []recorded{}
	for _, schedule := range schedules {
		for i, after := range moments {
			all = append(all, record(schedule, zones[i%len(zones)], after))
			all = append(all, record(schedule, zones[(i+1)%len(zones)], after))
		}
	}
	for _, schedule := range wrong {
		all = append(all, record(schedule, "", moments[0]))
	}
	random := rand.New(rand.NewSource(1))
	field := func(min, max int) string {
		value := func() int { return min + random.Intn(max-min+1) }
		switch random.Intn(5) {
		case 0:
			return fmt.Sprint(value())
		case 1:
			low, high := value(), value()
			if low > high {
				low, high = high, low
			}
			return fmt.Sprintf("%d-%d/%d", low, high, 1+random.Intn(5))
		case 2:
			return fmt.Sprintf("%d,%d", value(), value())
		case 3:
			return fmt.Sprintf("*/%d", 1+random.Intn(7))
		default:
			return "*"
		}
	}
	for range 400 {
		schedule := strings.Join([]string{field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6)}, " ")
		after := time.Unix(1_300_000_000+random.Int63n(600_000_000), 0).UTC().Format(time.RFC3339)
		all = append(all, record(schedule, zones[random.Intn(len(zones))], after))
	}
	fmt.Println("[")
	for i, each := range all {
		text, err := json.Marshal(each)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if i < len(all)-1 {
			text = append(text, ',')
		}
		fmt.Println(string(text))
	}
	fmt.Println("]")
}
