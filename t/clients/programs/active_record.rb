# ActiveRecord, the database layer of Rails: a pool of connections, one for each
# thread while it works.

require "active_record"
require "erb"

ActiveRecord::Base.establish_connection({
  adapter: "postgresql",
  database: ENV["CLIENT_DATABASE"],
  host: ENV["CLIENT_HOST"],
  port: ENV["CLIENT_PORT"],
  username: ENV["CLIENT_USER"],
  pool: 50,
  prepared_statements: ENV["CLIENT_POOLED"].nil?,
  application_name: ENV["CLIENT_NAME"],
  options: ENV["CLIENT_LABEL"] && "-c pg_caliper.pool=#{ENV["CLIENT_LABEL"]}",
}.compact)

class Item < ActiveRecord::Base
  self.table_name = "item"
end

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :float_millisecond)

def pool = ActiveRecord::Base.connection_pool

# Run the same thing n times at once, each with a connection of its own, which
# all keep until everyone has done it; how many succeeded, and how many did not.
def at_once(n)
  outcome = Queue.new
  everyone = Queue.new
  threads = Array.new(n) do
    Thread.new do
      pool.with_connection do |connection|
        yield connection
        outcome << nil
        everyone.pop
      end
    rescue => error
      outcome << error
    end
  end
  results = Array.new(n) { outcome.pop }
  everyone.close
  threads.each(&:join)
  failures = results.compact
  { done: n - failures.size, refused: failures.size,
    reason: failures.first&.message.to_s.split.join("_") }
end

def connection = ActiveRecord::Base.connection

VERBS = {
  "open" => ->(n) { at_once(n.to_i) { } },
  "statements" => lambda { |n|
    n.to_i.times { |i| Item.find_by(id: i) }
    nil
  },
  "parallel" => lambda { |n, ms|
    at_once(n.to_i) { |connection| connection.execute("SELECT pg_sleep(#{ms.to_f / 1000})") }
  },
  "transactions" => lambda { |n, ms|
    gap = held = 0
    n.to_i.times do
      began = now
      Item.transaction do
        Item.count
        paused = now
        sleep(ms.to_f / 1000)
        gap += now - paused
        Item.create!(name: "thing")
      end
      held += now - began
    end
    { gap: gap, held: held }
  },
  "fail" => lambda {
    connection.execute("SELECT 1/0") rescue { done: 0, refused: 1 }
  },
  "rename" => lambda { |name|
    connection.execute("SET application_name = '#{name}'")
    nil
  },
  "tagged" => lambda { |route|
    Item.annotate("route='#{ERB::Util.url_encode(route)}'").where(id: 1).to_a
    nil
  },
  "hold" => lambda {
    connection.begin_transaction(_lazy: false)
    Item.count
    nil
  },
  # Two threads with statements that take their time.
  "slow" => lambda { |seconds|
    ending = now + 1000 * seconds.to_f
    threads = Array.new(2) do
      Thread.new do
        while now < ending
          pool.with_connection do |connection|
            connection.execute("SELECT count(*) FROM item, pg_sleep(0.4) WHERE name LIKE '%x%'")
          end
        end
      end
    end
    threads.each(&:join)
    nil
  },
  "close" => lambda {
    ActiveRecord::Base.connection_handler.clear_all_connections!
    nil
  },
}

$stdout.sync = true
while (line = gets)
  verb, *words = line.split
  begin
    facts = VERBS.fetch(verb).call(*words) || {}
    puts ["ok", *facts.map { |k, v| "#{k}=#{v}" }].join(" ")
  rescue => error
    puts "error #{error.class} #{error.message.split.join(" ")}"
  end
end
